import { html, svg, type TemplateResult } from "lit-html";

/** Outlines on a 24 × 24 grid, drawn heavy: they are read in the sun. */
const PATHS = {
  acknowledge: "M9.400 19.200 2.600 12.400l2.600-2.600 4.200 4.200L18.800 4.600l2.600 2.600Z",
  on_my_way: "M12 2 21 21l-9-4.200L3 21Z",
  arrive: "M12 1.500a7.500 7.500 0 0 1 7.500 7.500c0 5-7.500 13.500-7.500 13.500S4.500 14 4.500 9A7.500 7.500 0 0 1 12 1.500Zm0 4.500a3 3 0 1 0 0 6a3 3 0 1 0 0-6Z",
  contain: "M12 1.500 21 5v6.500c0 5-3.600 8.800-9 11-5.400-2.200-9-6-9-11V5Zm-1.400 14.300 6-6-1.900-1.900-4.100 4.100-2-2L6.700 12Z",
  close: "M4 3h16v5H4ZM5 9.500h14V21H5Zm4 3V15h6v-2.500Z",
  reopen: "M12 4V1L6.500 5.500 12 10V7a5.500 5.500 0 1 1-5.500 5.500h-3A8.500 8.500 0 1 0 12 4Z",
  release: "M3 9v6h4l6 5V4L7 9Zm13-2v2.500a3 3 0 0 1 0 5V17a5.500 5.500 0 0 0 0-10Z",
  false_alarm: "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20ZM8.200 6.100 12 9.900l3.800-3.800 2.100 2.100-3.800 3.800 3.800 3.800-2.100 2.100-3.800-3.800-3.800 3.800-2.100-2.100 3.800-3.800-3.800-3.800Z",
  note: "M4 3h16v13l-5 5H4Zm3 4v2.200h10V7Zm0 4v2.200h10V11Zm0 4v2.200h6V15Z",
  picture: "M8.500 4h7l1.800 2.500H22V20H2V6.500h4.700ZM12 8.500a4.500 4.500 0 1 0 0 9a4.500 4.500 0 1 0 0-9Zm0 2.300a2.200 2.200 0 1 1 0 4.400a2.200 2.200 0 1 1 0-4.400Z",
  more: "M3 9.800h4.400v4.400H3ZM9.800 9.800h4.400v4.400H9.800ZM16.600 9.800H21v4.400h-4.400Z",
  back: "M15.500 3 18 5.500 11.500 12l6.500 6.500-2.500 2.500-9-9Z",
  forward: "M8.500 3 6 5.500l6.500 6.500L6 18.500 8.500 21l9-9Z",
  settings: "M3 5h9v2.500H3ZM16 5h5v2.500h-5ZM12.500 3.500H15V9h-2.500ZM3 11h3v2.500H3ZM10 11h11v2.500H10ZM6.500 9.500H9V15H6.500ZM3 17h9v2.500H3ZM16 17h5v2.500h-5ZM12.500 15.500H15V21h-2.500Z",
  silence: "M3 9v6h4l6 5V4L7 9Zm18.500 0-1.700-1.700-2.300 2.300-2.300-2.300L13.500 9l2.300 2.300L13.500 13.600l1.700 1.700 2.300-2.300 2.300 2.300 1.700-1.700-2.300-2.300Z",
} as const;
export type IconName = keyof typeof PATHS;

export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    ${svg`<path fill-rule="evenodd" d=${PATHS[name]}></path>`}
  </svg>`;
}
