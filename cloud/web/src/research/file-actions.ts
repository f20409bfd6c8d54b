/** Taking numbers along, and bringing data sets of others in. */
import { saveFile } from "./download";
import { researchApi } from "./api";
import type { Tools } from "./estimate-actions";
import { mayManage } from "../desk/state";
import type { Files } from "./state";
import type { CountsQuestion, ExportQuestion, Format, Sensitive } from "./wire";

export function createFileActions({ store, research, slug, patch, failureOf }: Tools) {
  const set = (change: Partial<Files>) => patch({ files: { ...research().files, ...change } });
  const manages = () => mayManage(store.state.account, store.state.reserve?.slug);

  async function read(asked: CountsQuestion): Promise<void> {
    const order = exportOf(asked);
    const [datasets, sensitive, tokens, citation] = await Promise.all([
      researchApi.datasets(slug()), manages() ? researchApi.sensitive(slug()) : null, researchApi.tokens(),
      researchApi.citation(slug(), order),
    ]);
    set({ datasets, sensitive, tokens, citation: { asked: JSON.stringify(order), ...citation } });
  }

  /** A zone or an area that was drawn goes by its geometry, which no address could hold. */
  function exportOf({ area, from, to, taxa, min_confidence }: CountsQuestion): ExportQuestion {
    return { area, zone: null, from, to, taxa: taxa ?? [], min_confidence };
  }

  async function save(format: Format, asked: CountsQuestion): Promise<void> {
    set({ saving: format });
    patch({ failure: null, said: null });
    try {
      const name = await saveFile(`/reserves/${slug()}/exports/${format}`, exportOf(asked));
      patch({ said: { key: "research.files.saved", values: { name } } });
    } catch (error) {
      patch({ failure: failureOf(error) });
    }
    set({ saving: null });
  }

  async function importDataset(file: File): Promise<void> {
    set({ importing: true, imported: null });
    patch({ failure: null });
    try {
      const imported = await researchApi.importDataset(slug(), file);
      set({ importing: false, imported, datasets: await researchApi.datasets(slug()) });
    } catch (error) {
      set({ importing: false });
      patch({ failure: failureOf(error) });
    }
  }

  async function removeDataset(id: string): Promise<void> {
    await attempt(async () => {
      await researchApi.removeDataset(id);
      set({ removing: null, imported: null, datasets: await researchApi.datasets(slug()) });
      patch({ said: { key: "research.dataset.removed" } });
    });
  }

  async function keepSensitive(list: readonly Sensitive[]): Promise<void> {
    await attempt(async () => {
      set({ sensitive: await researchApi.putSensitive(slug(), list), draft: null });
      patch({ said: { key: "research.sensitive.kept" } });
    });
  }

  /** Whether it worked. */
  async function issueToken(name: string): Promise<boolean> {
    return await attempt(async () => {
      const issued = await researchApi.issueToken(name);
      set({ issued, tokens: await researchApi.tokens() });
    });
  }

  async function revokeToken(id: string): Promise<void> {
    await attempt(async () => {
      await researchApi.revokeToken(id);
      set({ removing: null, issued: null, tokens: await researchApi.tokens() });
      patch({ said: { key: "research.access.revoked" } });
    });
  }

  async function attempt(work: () => Promise<void>): Promise<boolean> {
    patch({ failure: null, said: null });
    try {
      await work();
      return true;
    } catch (error) {
      set({ removing: null });
      patch({ failure: failureOf(error) });
      return false;
    }
  }

  return { read, save, importDataset, removeDataset, keepSensitive, issueToken, revokeToken, set };
}
