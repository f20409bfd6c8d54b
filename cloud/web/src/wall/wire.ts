/** What the wall is told of the reserve's week. */
import type { components } from "../api";

type Schemas = components["schemas"];
export type Overview = Schemas["Overview"];
export type Need = Schemas["Need"];
export type BestPicture = Schemas["BestPicture"];
export type LiveViews = Schemas["LiveViews"];
