// The live picture, and what is drawn over it. One question at a time: the Wi-Fi sets the pace.

const SVG = "http://www.w3.org/2000/svg";
const ACROSS = 1000; // of the overlay's own units

export class Picture {
  constructor(stage, { onInfo, onTap, onDrag, onShutOut }) {
    this.image = stage.querySelector("#picture");
    this.overlay = stage.querySelector("#overlay");
    this.stage = stage;
    this.on = { info: onInfo, tap: onTap, drag: onDrag, shutOut: onShutOut };
    this.after = 0;
    this.focus = [0.5, 0.5];
    this.frozen = false;
    this.info = null;
    this.running = false;
    this.closer = null; // [x, y] where the picture is shown at its own pixels
    this.dragged = null;
    this.image.addEventListener("load", () => this.fit());
    addEventListener("resize", () => this.fit());
    this.overlay.addEventListener("pointerdown", (event) => this.down(event));
    this.overlay.addEventListener("pointermove", (event) => this.move(event));
    this.overlay.addEventListener("pointerup", (event) => this.up(event));
  }

  async run() {
    if (this.running) return;
    this.running = true;
    while (this.running) {
      if (document.hidden || this.frozen) { await wait(250); continue; }
      try {
        await this.next();
      } catch {
        if (!this.running) return; // the page that would be told of it is gone
        this.on.info({ problem: null, unreachable: true });
        await wait(1500);
      }
    }
  }

  async next() {
    const began = performance.now();
    const width = Math.min(Math.round(this.stage.clientWidth * Math.min(devicePixelRatio, 2)), 1280);
    const [x, y] = this.focus;
    const answer = await fetch(`/api/picture?after=${this.after}&width=${width}&x=${x}&y=${y}`, { signal: AbortSignal.timeout(15000) });
    if (answer.status === 401) { this.running = false; this.on.shutOut(); return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const info = JSON.parse(answer.headers.get("X-Picture"));
    let blob = await answer.blob();
    if (!this.running) return;
    if (answer.status === 204) { this.on.info(info); return; }
    this.after = info.number;
    if (this.closer) {
      const [at, to] = [this.stage.clientWidth, this.image.clientHeight];
      const piece = await fetch(`/api/closer?x=${this.closer[0]}&y=${this.closer[1]}&width=${Math.round(at * devicePixelRatio)}&height=${Math.round(to * devicePixelRatio)}`);
      if (piece.status === 200) blob = await piece.blob();
    }
    if (this.frozen || !this.running) return;
    await this.show(blob);
    if (!this.running) return;
    this.info = info;
    this.on.info(info);
    await wait(Math.max(0, 180 - (performance.now() - began)));
  }

  async show(blob) {
    const url = URL.createObjectURL(blob);
    const before = this.url;
    this.url = url;
    this.image.src = url;
    await this.image.decode().catch(() => {});
    if (before) URL.revokeObjectURL(before);
  }

  /** Lay the overlay over the picture as it lies in its frame. */
  fit() {
    const { naturalWidth: wide, naturalHeight: high, clientWidth, clientHeight } = this.image;
    if (!wide) return;
    const scale = Math.min(clientWidth / wide, clientHeight / high);
    const [w, h] = [wide * scale, high * scale];
    Object.assign(this.overlay.style, { width: `${w}px`, height: `${h}px`, left: `${(clientWidth - w) / 2}px`, top: `${(clientHeight - h) / 2}px` });
    this.down_by = ACROSS * h / w;
    this.overlay.setAttribute("viewBox", `0 0 ${ACROSS} ${this.down_by}`);
  }

  /** Draw anew: shapes as [tag, attributes, text]; x and y are fractions of the picture. */
  draw(shapes) {
    this.overlay.replaceChildren(...shapes.map(([tag, attributes, text]) => {
      const shape = document.createElementNS(SVG, tag);
      for (const [key, value] of Object.entries(attributes)) {
        const scaled = ["x", "x1", "x2", "cx", "width"].includes(key) ? value * ACROSS
          : ["y", "y1", "y2", "cy", "height"].includes(key) ? value * this.down_by : value;
        shape.setAttribute(key, scaled);
      }
      if (text) shape.textContent = text;
      return shape;
    }));
  }

  at(event) {
    const place = this.overlay.getBoundingClientRect();
    return [(event.clientX - place.left) / place.width, (event.clientY - place.top) / place.height];
  }

  down(event) {
    const handle = event.target.dataset?.handle ?? event.target.getAttribute?.("data-handle");
    this.dragged = handle ?? null;
    this.overlay.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  move(event) {
    if (this.dragged !== null) this.on.drag(this.dragged, this.at(event));
  }

  up(event) {
    if (this.dragged === null) this.on.tap(this.at(event));
    this.dragged = null;
  }
}

export function wait(milliseconds) {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}
