/** What the pages beside the map take from the app's own views. */
export { fireIcon, healthIcon, icon } from "../icons";
export { ago, clock, fullTime, zoneOf, type View } from "../view";
