/** hls.js without captions, alternative sound and copy protection: half the bytes. It comes without types of its own. */
declare module "hls.js/light" {
  export { default } from "hls.js";
  export * from "hls.js";
}
