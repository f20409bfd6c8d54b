/** What the research page does: it asks what its section shows, and keeps the question in the address. */
import { EMPTY } from "../polygon";
import type { Failure, Store } from "../store";
import type { Area } from "../wire";
import { api } from "../client";
import { readResearch, RESEARCH_START, writeResearch, type Against, type ResearchRoute, type Section } from "./address";
import { researchApi } from "./api";
import { createEstimateActions } from "./estimate-actions";
import { createFileActions } from "./file-actions";
import { ask, areaOf, PLAIN, spanIn, type Ground, type Question, type Where } from "./question";
import { spanBefore, spanOf, yearBefore } from "./span";
import { emptyResearch, type ResearchState, type Side } from "./state";
import type { CountsQuestion, UploadedArea } from "./wire";

export function createResearchActions(store: Store, failureOf: (error: unknown) => Failure) {
  let number = 0;

  const research = () => store.state.research;
  const slug = () => store.state.reserve?.slug ?? "";
  const patch = (change: Partial<ResearchState>) => store.set((state) => ({ research: { ...state.research, ...change } }));
  const tools = { store, research, slug, patch, failureOf, question };

  // Where one is --------------------------------------------------------------------------------------

  /** Another section, or another question. */
  function go(change: Partial<ResearchRoute>, push = false): void {
    patch({ route: { ...research().route, ...change }, said: null });
    store.set({ page: "counts" });
    const address = location.pathname + location.search + writeResearch(research().route);
    if (push) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    void read();
  }

  function open(section: Section = research().route.section): void {
    go({ section }, true);
  }

  /** The address was changed from outside. */
  function follow(): void {
    store.set({ page: "counts" });
    patch({ route: readResearch(location.hash), said: null });
    void read();
  }

  /** For the reserve that was just opened. `switched`: from another one, whose zones the address still names. */
  function enter(switched: boolean): void {
    const here = store.state.page === "counts";
    const route = here ? readResearch(location.hash) : RESEARCH_START;
    const kept = switched ? { ...route, question: { ...route.question, where: PLAIN.where }, against: RESEARCH_START.against } : route;
    store.set({ research: emptyResearch(kept) });
    if (here && switched) history.replaceState(null, "", location.pathname + location.search + writeResearch(kept));
  }

  /** The reserve's zones and cameras are known. */
  function ready(): void {
    patch({ ready: true });
    if (store.state.page === "counts") void read();
  }

  function change(change: Partial<Question>): void {
    go({ question: { ...research().route.question, ...change } });
  }

  // Asking --------------------------------------------------------------------------------------------

  function ground(): Ground {
    const { zones, deployments, reserve } = store.state;
    return { zones, deployments, timezone: reserve?.timezone ?? "UTC", now: Date.now() };
  }

  /** What the section on show needs. A late answer to an earlier question is dropped. */
  async function read(): Promise<void> {
    if (!research().ready) return;
    const mine = ++number;
    const { section, by, cells, against } = research().route;
    const asked = question();
    if (typeof asked === "string") return patch({ failure: asked, busy: false });
    patch({ busy: true, failure: null });
    const language = store.state.language;
    const take = (change: Partial<ResearchState>) => mine === number && patch(change);
    try {
      if (research().taxa.length === 0) void readTaxa();
      if (section === "species") take({ counted: { asked, value: await researchApi.counts(slug(), asked, language) } });
      else if (section === "series") take({ series: { asked, value: await researchApi.series(slug(), asked, by, language) } });
      else if (section === "map") take({ grid: { asked, value: await researchApi.grid(slug(), asked, cells, language) }, cell: null });
      else if (section === "effort") take({ effort: { asked, value: await researchApi.effort(slug(), asked) } });
      else if (section === "estimates") take({ methods: research().methods ?? (await researchApi.methods()) });
      else if (section === "files") await files.read(asked);
      else await compare(asked, against, take);
      take({ busy: false });
    } catch (error) {
      take({ busy: false, failure: failureOf(error) });
    }
  }

  /** What the species field offers first. Without it, it still knows some hundred names, and takes any other. */
  async function readTaxa(): Promise<void> {
    const from = slug();
    const taxa = await api.taxa(from).catch(() => null);
    if (taxa && from === slug()) patch({ taxa });
  }

  function question(): ReturnType<typeof ask> {
    return ask(research().route.question, ground());
  }

  async function compare(
    asked: CountsQuestion, against: Against, take: (change: Partial<ResearchState>) => unknown,
  ): Promise<void> {
    const other = otherSide(asked, against);
    if (typeof other === "string") return void take({ failure: other });
    const value = await researchApi.compare(slug(), asked, other, store.state.language);
    take({ comparison: { asked, against: other, value } });
  }

  function otherSide(asked: CountsQuestion, against: Against): ReturnType<typeof ask> {
    const here = ground();
    if (against.kind === "where") {
      const area = areaOf(against.where, here.zones);
      return typeof area === "string" ? area : { ...asked, area };
    }
    const span = spanIn(research().route.question, here)!;
    if (against.kind === "before") return { ...asked, ...spanBefore(span) };
    if (against.kind === "year") return { ...asked, ...yearBefore(span, here.timezone) };
    const chosen = spanOf(against.span, here.now, here.timezone, null);
    return chosen ? { ...asked, ...chosen } : "bad_span";
  }

  // Areas ---------------------------------------------------------------------------------------------

  function place(side: Side, where: Where): void {
    if (side === "question") change({ where });
    else go({ against: { kind: "where", where } });
  }

  function draw(side: Side): void {
    patch({ placing: side });
    store.set({ drawing: EMPTY, drawRefusal: null, selectedDeployment: null });
  }

  function areaDrawn(shape: Area | null): void {
    if (shape) place(research().placing, { kind: "shape", name: null, shape });
  }

  /** The areas of a file; where it has several, somebody chooses one. */
  async function upload(side: Side, file: File): Promise<void> {
    patch({ busy: true, failure: null, upload: null });
    try {
      const areas = await researchApi.areas(file);
      patch({ busy: false });
      if (areas.length === 1) chooseUploaded(side, file.name, areas[0]!);
      else patch({ upload: { side, file: file.name, areas } });
    } catch (error) {
      patch({ busy: false, failure: failureOf(error) });
    }
  }

  function chooseUploaded(side: Side, file: string, area: UploadedArea): void {
    const name = (store.state.language === "zh" && area.name_zh) || area.name || file;
    patch({ upload: null });
    place(side, { kind: "shape", name, shape: area.geometry as Area });
  }

  // The pictures behind a number ----------------------------------------------------------------------

  async function trace(taxon: string, asked: CountsQuestion): Promise<void> {
    patch({ trace: { asked, taxon, items: [], cursor: null, busy: true, failure: null } });
    await moreTraced();
  }

  async function moreTraced(): Promise<void> {
    const open = research().trace;
    if (!open) return;
    const same = () => research().trace?.taxon === open.taxon && research().trace?.asked === open.asked;
    patch({ trace: { ...open, busy: true, failure: null } });
    try {
      const page = await researchApi.trace(slug(), open.asked, open.taxon, open.cursor);
      if (same()) patch({ trace: { ...open, items: [...open.items, ...page.items], cursor: page.next_cursor, busy: false, failure: null } });
    } catch (error) {
      if (same()) patch({ trace: { ...open, busy: false, failure: failureOf(error) } });
    }
  }

  const files = createFileActions(tools);
  const estimate = createEstimateActions(tools);

  // A verdict is said by the cloud: in another language it has to be asked for anew.
  store.subscribe((state, before) => {
    if (state.language !== before.language && state.page === "counts") {
      void read();
      if (research().estimate.answer) void estimate.run();
    }
  });

  return {
    question, go, open, follow, enter, ready, change, read, place, draw, areaDrawn, upload, chooseUploaded, trace, moreTraced, patch,
    files, estimate,
  };
}
