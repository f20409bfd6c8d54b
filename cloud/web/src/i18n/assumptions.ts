/** What counts rest on: the API says it in English, with a stable code for each sentence; this is the Chinese.
 *
 * A code that is not known here leaves the sentence in English: better in the wrong language than not at all.
 */
import type { Counts } from "../wire";

type Figures = Pick<Counts, "query" | "observations_without_effort">;

const CHINESE: Readonly<Record<string, (of: Figures) => string>> = {
  events: ({ query }) =>
    query.rule === "last_independent_record"
      ? `同一相机的同一物种记录，若距本次事件第一条记录结束不足 ${query.event_interval_min} 分钟，算作同一次事件。`
      : `同一相机的同一物种记录，若前一条结束到后一条开始不足 ${query.event_interval_min} 分钟，算作一次事件。`,
  max_n: () => "个体数为每次事件中同时出现的最大数量之和：同一只动物若在另一次事件中再次出现，或经过两台相机，会被重复计数。",
  effort: () => "监测量是真正收到画面的时间，由节点随心跳上报；最近几分钟的数据可能仍在途中。",
  rate_interval: () =>
    "各相机仅有随机差异时，比率的区间为精确泊松区间；差异更大时，区间计入相机之间的差异。只有一两台相机时无从得知其差异，真实的不确定性更大。",
  detection: () => "经人工标注的以标注为准；此外未对检测器漏检或误检的动物作校正，详见其模型卡。",
  edges: () => "事件连同其全部观测归入其开始时所在的时段：相邻时段可以相加，任何事件都不会被截断。",
  not_observed: () => "该区域与时段内没有已知在工作的相机：这不等于零。",
  min_confidence: ({ query }) => `置信度低于 ${query.min_confidence} 的观测未计入。`,
  without_effort_counted: (of) =>
    `有 ${of.observations_without_effort} 条观测来自未上报监测量的相机：已计入总数，但不计入比率。`,
  without_effort_yet: (of) => `有 ${of.observations_without_effort} 条观测来自未上报监测量的相机：数据可能稍后到达。`,
};

/** The sentence with that code in Chinese, null where there is none. */
export function inChinese(code: string | undefined, figures: Figures): string | null {
  return (code !== undefined && Object.hasOwn(CHINESE, code) && CHINESE[code]!(figures)) || null;
}
