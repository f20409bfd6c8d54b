/** How much of the map nothing lies on. */

const NAME = 26; // px; a camera's name stands below it

/** Free space at the edges, in pixels: at the top below the notices, at the bottom above the bar that asks for a
 * place or an area. Both lie on the map, and what is below them cannot be pointed at. */
export function roomOn(element: HTMLElement): { top: number; bottom: number; left: number; right: number } {
  const [width, height] = [element.clientWidth, element.clientHeight];
  const edge = Math.min(48, 0.07 * Math.min(width, height));
  const over = (selector: string) => element.parentElement?.querySelector<HTMLElement>(selector);
  const [notices, bar, side] = [over(".banners"), over(".draw-bar") ?? over(".time-bar"), over(".map-side")];
  // The tools stand at the left, or over the whole width: then only the search field lies on the map for good.
  const across = side !== null && side !== undefined && side.offsetWidth > 0.6 * width;
  const search = across ? over(".map-top") : null;
  const bottomOf = (one: HTMLElement | null | undefined) => (one?.offsetHeight ? bottomWithin(one, element.parentElement!) : 0);
  const below = Math.max(bottomOf(notices), bottomOf(search));
  const above = bar?.offsetHeight ? height - bar.offsetTop : 0;
  const beside = side && !across ? side.offsetLeft + side.offsetWidth : 0;
  return {
    top: Math.min(below + edge, height / 2), bottom: Math.min(above + edge + NAME, 0.45 * height), left: beside + edge, right: edge,
  };
}

/** How far down in `frame`, which it is positioned in by way of others, the lower edge of an element stands. */
function bottomWithin(one: HTMLElement, frame: HTMLElement): number {
  const down = one.offsetTop + one.offsetHeight;
  const outer = one.offsetParent as HTMLElement | null;
  return outer && outer !== frame ? down + outer.offsetTop : down;
}
