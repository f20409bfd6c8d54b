/** Running an estimator, and keeping what was filled in for it. */
import type { Failure, Store } from "../store";
import { researchApi } from "./api";
import type { Missing } from "./question";
import { filled } from "./schema";
import type { EstimateDesk, ResearchState } from "./state";
import type { CountsQuestion, Method } from "./wire";

export interface Tools {
  readonly store: Store;
  readonly research: () => ResearchState;
  readonly slug: () => string;
  readonly patch: (change: Partial<ResearchState>) => void;
  readonly failureOf: (error: unknown) => Failure;
  readonly question: () => CountsQuestion | Missing;
}

export function createEstimateActions({ store, research, slug, patch, failureOf, question }: Tools) {
  let number = 0;
  const set = (change: Partial<EstimateDesk>) => patch({ estimate: { ...research().estimate, ...change } });

  function option(method: string, name: string, value: unknown): void {
    const { options } = research().estimate;
    const { [name]: _, ...others } = options[method] ?? {};
    set({ options: { ...options, [method]: value === undefined ? others : { ...others, [name]: value } } });
  }

  async function run(): Promise<void> {
    const method = methodOf(research());
    const asked = question();
    if (!method || typeof asked === "string") return;
    const taxa = taxaOf(method, asked.taxa ?? [], research().estimate.other);
    if (!taxa) return set({ failure: "taxon" });
    const options = filled(method.options, research().estimate.options[method.name] ?? {});
    if (options === null) return set({ failure: "options" });
    const mine = ++number;
    set({ busy: true, failure: null });
    try {
      const { taxa: _, ...rest } = asked;
      const value = await researchApi.estimate(slug(), { ...rest, ...taxa, method: method.name, options }, store.state.language);
      if (mine === number) set({ busy: false, answer: { method: method.name, asked, value } });
    } catch (error) {
      if (mine === number) set({ busy: false, answer: null, failure: failureOf(error) });
    }
  }

  return { option, run, set };
}

/** The method on show: the one that the address names, else none. */
export function methodOf({ methods, route }: Pick<ResearchState, "methods" | "route">): Method | null {
  return methods?.find((one) => one.name === route.method) ?? null;
}

/** Of which taxa the method is asked; null where it lacks one. */
export function taxaOf(
  method: Pick<Method, "taxa">, species: readonly string[], other: string | null,
): { taxon: string | null } | { taxa: string[] | null } | null {
  const [first, second] = [species[0], other ?? species[1]];
  if (method.taxa === "two") return first && second && first !== second ? { taxa: [first, second] } : null;
  if (method.taxa === "any") return { taxa: species.length ? [...species] : null };
  if (!first) return null;
  return species.length === 1 ? { taxon: first } : { taxa: [...species] };
}
