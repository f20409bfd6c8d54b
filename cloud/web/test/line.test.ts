import { expect, test } from "vitest";
import { size } from "../src/camera/line";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1 kB"],
  [12_345_678, "12.3 MB"],
  [5e15, "5,000 TB"],
])("%d bytes are told as a data plan counts them", (bytes, told) => {
  expect(size(bytes, "en")).toBe(told);
});
