/** A picture from the phone's camera, made small enough for a bad link before it is sent. */

export const MOST_BYTES = 300_000;
const LONGEST_SIDE = 1280;
const QUALITIES = [0.8, 0.65, 0.5];
const SMALLEST_SIDE = 320;

export type Encode = (side: number, quality: number) => Promise<Blob>;

/** The first encoding of at most `most` bytes: quality goes first, then size. */
export async function small(encode: Encode, side: number, most = MOST_BYTES): Promise<Blob> {
  for (let longest = Math.min(side, LONGEST_SIDE); ; longest = Math.round(longest * 0.75)) {
    for (const quality of QUALITIES) {
      const blob = await encode(longest, quality);
      if (blob.size <= most || longest <= SMALLEST_SIDE) return blob;
    }
  }
}

/** JPEG of at most `MOST_BYTES`, upright, without the camera's metadata. Throws where the file is no picture. */
export async function scaled(file: Blob): Promise<ArrayBuffer> {
  const image = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const longest = Math.max(image.width, image.height);
    const blob = await small((side, quality) => encoded(image, side / longest, quality), longest);
    return await blob.arrayBuffer();
  } finally {
    image.close();
  }
}

async function encoded(image: ImageBitmap, factor: number, quality: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * factor));
  canvas.height = Math.max(1, Math.round(image.height * factor));
  const context = canvas.getContext("2d")!;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return await new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture came out"))), "image/jpeg", quality));
}
