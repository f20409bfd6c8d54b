/** The map as a picture: what is on the screen, for a file or for paper. */
import type { Map as MapLibre } from "maplibre-gl";
import type { LonLat } from "../geo";
import type { Palette } from "./style";

export interface MapPicture {
  readonly canvas: HTMLCanvasElement;
  readonly ratio: number;
  readonly width: number;
  readonly height: number;
  metresPerPixel: number;
  project(at: LonLat): { x: number; y: number };
  colour: Palette;
}

/** Once all is drawn. `side`: so many pixels at the left are left out. */
export async function takePicture(map: MapLibre, element: HTMLElement, side: number, colour: Palette): Promise<MapPicture> {
  const canvas = map.getCanvas();
  const [width, height] = [element.clientWidth - side, element.clientHeight];
  const copy = document.createElement("canvas");
  // Read in the frame in which it is drawn: the browser then still has the pixels, and need not keep them otherwise.
  const drawn = await new Promise<number>((done) => {
    map.once("render", () => {
      const fine = canvas.width / element.clientWidth; // a graphics card may not do as fine as was asked
      [copy.width, copy.height] = [Math.round(width * fine), canvas.height];
      copy.getContext("2d")!.drawImage(canvas, -side * fine, 0);
      done(fine);
    });
    map.triggerRepaint();
  });
  const [west, east] = [map.unproject([0, height / 2]), map.unproject([100, height / 2])];
  return {
    canvas: copy, ratio: drawn, width, height, colour, metresPerPixel: west.distanceTo(east) / 100,
    project: (at) => {
      const { x, y } = map.project(at);
      return { x: x - side, y };
    },
  };
}
