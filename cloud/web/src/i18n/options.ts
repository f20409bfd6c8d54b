/** The options of estimators, by their names in the API. It describes them in English only; the labels and the Chinese
 * are here. An option that is not known here keeps the API's own words: better in the wrong language than not at all. */
import type { Field } from "../research/schema";
import type { Language } from "../language";

/** English label, Chinese label, Chinese description. */
const OPTIONS: Readonly<Record<string, readonly [string, string, string?]>> = {
  level: ["Confidence level", "置信水平", "区间的置信水平。"],
  join_within_m: ["Join cameras within (m)", "合并间距（米）", "相距不超过此距离的相机合为一个位点。"],
  occasion_days: ["Length of an occasion (days)", "调查时段长度（天）", "每个时段对各位点算一次调查。"],
  least_effort: ["Least share of an occasion", "时段内最低监测比例", "位点在时段内至少监测到这一比例才算一次调查。"],
  site_covariates: ["Covariates of your own (JSON)", "自有协变量（JSON）", "名称 → 相机编号 → 数值；缺值的位点在用到该协变量时不参与。"],
  psi: ["Covariates of presence", "占域协变量", "elevation_m、longitude、latitude、detection_distance_m、height_m 或自有协变量，均标准化；以逗号分隔。"],
  p: ["Covariates of detection", "检测协变量", "同上，另有 effort_days、time；以逗号分隔。"],
  col: ["Covariates of colonisation", "定居协变量", "以逗号分隔。"],
  ext: ["Covariates of extinction", "消失协变量", "以逗号分隔。"],
  abundance: ["Covariates of abundance", "多度协变量", "以逗号分隔。"],
  errors: ["What is known of false detections", "误检的依据", "由检测器的混淆表给出，或由人工逐张核对过的位点估计。"],
  table: ["Confusion table (JSON)", "混淆表（JSON）", "留空：使用所用模型已知的混淆表。"],
  reviewed: ["Deployments checked by a person", "人工核对过的相机", "相机编号，以逗号分隔；其每张图片均由人核对。"],
  season: ["Sites may change between", "位点可变化的间隔", "在间隔之间可变，间隔之内不变。"],
  largest: ["Most animals a site may hold", "单个位点的最大个体数", "留空：自动取足够大。"],
  mixture: ["How abundance varies", "位点间多度的分布"],
  clock: ["Clock", "时间基准", "真太阳时；或以日出日落对齐；或保护区当地时间。"],
  replicates: ["Bootstrap replicates", "自助法重复次数"],
  seed: ["Seed", "随机种子", "相同的种子得到相同的结果。"],
  adjust: ["Bandwidth adjustment", "带宽调整", "小于1时曲线更平滑。"],
  radius_m: ["Effective detection distance (m)", "有效探测距离（米）", "留空：用相机登记的数值，通常并非有效距离。"],
  angle_deg: ["Angle of detection (°)", "探测角（度）", "全角；留空：用相机登记的视场角。"],
  speed_m_s: ["Mean speed while active (m/s)", "活动时平均速度（米/秒）"],
  speeds_m_s: ["Or: the speeds measured (m/s)", "或：实测的各次速度（米/秒）", "以逗号分隔。"],
  activity: ["Share of the day active", "活动时间占比", "留空：由这些记录估计。"],
  count: ["What is counted", "计数对象", "动物只数；或每次进入视野计一次，无论几只同行。"],
  distances: ["Distances", "距离记录", "粘贴表格：每个快照时刻、视野内每只动物一行。"],
  snapshot_s: ["Seconds between snapshots", "快照间隔（秒）"],
  right_m: ["Leave out what is farther (m)", "舍去更远的（米）", "留空：取最远距离。"],
  left_m: ["Leave out what is nearer (m)", "舍去更近的（米）"],
  breaks_m: ["Limits of bands (m)", "距离分组界限（米）", "距离按组记录时填写，以逗号分隔。"],
  key: ["Detection function", "探测函数"],
  every_h: ["An occasion begins every (h)", "时段起始间隔（小时）"],
  length_h: ["And lasts (h)", "时段时长（小时）"],
  every_s: ["Seconds between moments", "时刻间隔（秒）"],
  window_s: ["Window after a moment (s)", "时刻后的窗口（秒）", "时刻后这么多秒内见到即算在场；连续监测的相机填0。"],
  captures: ["Captures", "个体捕获记录", "粘贴表格：哪只个体、哪台相机、第几个时段。"],
  detector: ["What a row means", "每行的含义", "每时段至多一次；或每行都计数。"],
  shape: ["Detection shape", "探测函数形状"],
  buffer_m: ["Buffer (m)", "缓冲区（米）", "留空：首次拟合 σ 的四倍。"],
  spacing_m: ["Mask spacing (m)", "网格间距（米）", "与缓冲区一起填写。"],
  together: ["Cameras together", "多台相机的合并", "取见到最多的一台；或同一时刻相加（视野互不重叠时）。"],
  from_h: ["From (hour)", "起始时刻（时）", "当地时间；一晚从正午算起。"],
  to_h: ["To (hour)", "结束时刻（时）"],
  window: ["Counts averaged in a row", "滑动平均的计数个数"],
  found: ["Animals found by the detector", "检测器找到的动物数", "在人工标注的图片上"],
  there: ["Of so many there", "实际动物数"],
  arrivals: ["Arrivals", "到达数", "越线的到达数，由人或检测器计数。"],
  departures: ["Departures", "离开数"],
  sample: ["One sample is", "样本单位"],
  by: ["By", "时段"],
  model: ["Model", "模型", "逐期指数；单一增长率；或自动（每期都有计数时逐期）。"],
  value: ["Value", "数值"],
  se: ["Standard error", "标准误", "精确已知时填0。"],
  n: ["Measurements", "测量次数"],
};

const CHOICES: Readonly<Record<string, readonly [string, string]>> = {
  known: ["the detector’s confusion table", "检测器的混淆表"],
  estimated: ["sites that a person checked", "人工核对过的位点"],
  day: ["day", "日"], month: ["month", "月"], season: ["season", "季"], year: ["year", "年"],
  poisson: ["Poisson", "泊松"], negative_binomial: ["negative binomial", "负二项"], zero_inflated: ["zero-inflated Poisson", "零膨胀泊松"],
  sun: ["true solar time", "真太阳时"], anchored: ["anchored to sunrise and sunset", "对齐日出日落"], local: ["the reserve’s time", "保护区当地时间"],
  animals: ["animals", "动物只数"], records: ["entries into view", "进入视野次数"],
  best: ["the better one", "自动择优"], "half-normal": ["half-normal", "半正态"], "hazard-rate": ["hazard-rate", "风险率"],
  "hazard-half-normal": ["hazard half-normal", "风险半正态"],
  proximity: ["at most once an occasion", "每时段至多一次"],
  largest: ["the camera that saw most", "见到最多的一台"], sum: ["the sum at one instant", "同一时刻之和"],
  camera: ["a camera", "一台相机"], camera_day: ["a camera-day", "一个相机日"],
  auto: ["automatic", "自动"], steps: ["an index of every period", "逐期指数"], line: ["one rate of growth", "单一增长率"],
};

export function optionWords(field: Field, language: Language): string {
  const [en, zh] = OPTIONS[field.name] ?? [field.title, field.title];
  return language === "zh" ? zh : en;
}

export function hintWords(field: Field, language: Language): string {
  const known = OPTIONS[field.name];
  return language === "en" || !known ? field.description.replaceAll("`", "") : (known[2] ?? "");
}

export function choiceWords(choice: string, language: Language): string {
  // "count" and "line" are choices as well as options; as a choice it says what a row is.
  const known = choice === "count" ? (["every row counts", "每行都计数"] as const) : CHOICES[choice];
  return known ? known[language === "zh" ? 1 : 0] : choice;
}

