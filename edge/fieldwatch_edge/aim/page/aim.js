// The page: five steps around one picture. What was answered is kept on the phone until it is written.

import { Picture, wait } from "./picture.js";
import { readNumber, readPlace } from "./places.js";
import { checkName, currentLanguage, known, say, setLanguage } from "./words.js";

const STEPS = ["picture", "place", "direction", "walk", "finish"];
const $ = (id) => document.getElementById(id);
const EMPTY = { name: "", coordinates: "", height: "", sea: "", compass: "", compassSd: "5", view: "", landmarks: [], horizon: null, horizonKind: "open", distance: null };

let state = null; // the node's
let answers = structuredClone(EMPTY); // the technician's
let solution = null;
let step = "picture";
let peak = 0;
let adding = null; // the landmark that is being added
let phoneAhead = 0; // seconds by which the phone's clock is ahead of the node's
let picture = null;
let declination = null;

// Asking the node

async function ask(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`/api/${path}`, options);
  const content = await answer.json();
  if (answer.status === 401 && path !== "enter") shutOut();
  if (!answer.ok) throw Object.assign(new Error(content.detail), { code: content.code });
  return content;
}

function reason(error) {
  const key = `why.${error.code}`;
  return known(key) ? say(key) : say("failed", { detail: error.message });
}

// The door

async function begin() {
  const code = location.hash.slice(1);
  history.replaceState(null, "", "/");
  if (code) await enter(code);
  else await open().catch(() => shutOut());
}

async function enter(code) {
  try {
    await ask("enter", { code });
    await open();
  } catch (error) {
    shutOut();
    $("door-problem").textContent = reason(error);
  }
}

function shutOut() {
  $("app").hidden = true;
  $("door").hidden = false;
  $("pin").focus();
}

async function open() {
  const asked = Date.now();
  const content = await ask("state");
  phoneAhead = ((asked + Date.now()) / 2 - Date.parse(content.now)) / 1000;
  if (Math.abs(phoneAhead) < 2) phoneAhead = 0;
  $("door").hidden = true;
  $("app").hidden = false;
  take(content);
  picture.run();
  watchWalk();
}

function take(content) {
  state = content;
  const camera = state.cameras[state.camera];
  const kept = localStorage.getItem(`aim ${camera.deployment_id}`);
  answers = kept ? { ...structuredClone(EMPTY), ...JSON.parse(kept) } : structuredClone(EMPTY);
  if (!kept) {
    answers.name = state.name;
    if (state.place) answers.coordinates = `${state.place.lat.toFixed(6)}, ${state.place.lon.toFixed(6)}`;
    if (state.height_m !== null) answers.height = String(state.height_m);
    if (camera.field_of_view_deg !== null) answers.view = String(camera.field_of_view_deg);
  }
  peak = 0;
  $("node").textContent = state.node;
  $("cameras").replaceChildren(...state.cameras.map((each, n) => new Option(each.name || `${n + 1} · ${each.kind}`, n, false, n === state.camera)));
  $("cameras").hidden = state.cameras.length < 2;
  fill();
  placeRead().then(solve);
  if (answers.horizon) levelRead();
}

function keep() {
  localStorage.setItem(`aim ${state.cameras[state.camera].deployment_id}`, JSON.stringify(answers));
}

const FIELDS = { name: "name", coordinates: "coordinates", height: "height", sea: "sea", compass: "compass", "compass-sd": "compassSd", view: "view", "level-kind": "horizonKind" };

function fill() {
  for (const [id, key] of Object.entries(FIELDS)) $(id).value = answers[key];
  drawLandmarks();
  summarise();
}

// Picture and level

function shown(info) {
  $("problem").textContent = info.unreachable ? say("lost") : info.problem ?? info.models?.[0] ?? "";
  if (info.unreachable || info.number === undefined) return;
  const values = { ...info, fps: info.fps.toFixed(1) };
  $("fps").textContent = say("gauge.fps", values) + (info.by_node ? ` · ${say("gauge.node")}` : "");
  $("detected").textContent = info.model_ms === null ? say("gauge.loading") : say("gauge.models", { n: info.boxes.length, ms: info.model_ms });
  peak = Math.max(peak, info.focus);
  $("focus-now").textContent = info.focus.toFixed(1);
  $("focus-best").textContent = peak.toFixed(1);
  const full = Math.max(peak * 1.15, 1);
  $("focus-bar").style.width = `${(100 * info.focus) / full}%`;
  $("focus-peak").style.left = `${(100 * peak) / full}%`;
  $("focus-hint").textContent = say(info.focus < 0.85 * peak ? "picture.soft" : "picture.sharp");
  $("light-hint").textContent = info.brightness < 12 || info.black > 0.6 ? say("light.dark")
    : info.burnt > 0.05 ? say("light.burnt", { n: Math.round(100 * info.burnt) }) : say("light.good");
  redraw();
}

function redraw() {
  if (!picture.info) return;
  const shapes = [];
  if (!picture.closer) {
    for (const box of picture.info.boxes) {
      shapes.push(["rect", { x: box.x, y: box.y, width: box.width, height: box.height, class: `box ${box.kind}` }]);
      // Of smoke below: one model's words must not lie on the other's.
      const y = ["smoke", "fire"].includes(box.kind) ? Math.min(box.y + box.height + 0.055, 0.98) : Math.max(box.y - 0.01, 0.06);
      shapes.push(["text", { x: box.x, y }, `${box.name} ${Math.round(100 * box.score)}%`]);
    }
  }
  if (step === "picture" && !picture.closer) {
    const [x, y] = picture.focus;
    shapes.push(["rect", { x: Math.min(Math.max(x - 0.15, 0), 0.7), y: Math.min(Math.max(y - 0.15, 0), 0.7), width: 0.3, height: 0.3, class: "focus" }]);
    if (answers.horizon) {
      const [[x1, y1], [x2, y2]] = answers.horizon;
      const middle = (y1 + y2) / 2;
      shapes.push(["line", { x1: 0, x2: 1, y1: middle, y2: middle, class: "level" }]);
      shapes.push(["line", { x1, y1, x2, y2, class: "horizon" }]);
      shapes.push(["circle", { cx: x1, cy: y1, r: 44, class: "handle", "data-handle": "0" }], ["circle", { cx: x2, cy: y2, r: 44, class: "handle", "data-handle": "1" }]);
    }
  }
  if (step === "direction") {
    const marks = [...answers.landmarks, ...(adding?.x === undefined ? [] : [{ ...adding, fresh: true }])];
    for (const mark of marks) {
      const kind = `mark${mark.fresh ? " new" : ""}`;
      shapes.push(["line", { x1: mark.x, x2: mark.x, y1: 0, y2: 1, class: kind }], ["circle", { cx: mark.x, cy: mark.y, r: 24, class: kind }]);
      if (mark.name) shapes.push(["text", { x: Math.min(mark.x + 0.015, 0.8), y: 0.12 }, mark.name]);
    }
  }
  picture.draw(shapes);
}

function tapped([x, y]) {
  if (step === "direction" && adding) {
    Object.assign(adding, { x: round(x), y: round(y) });
    $("landmark-tap").textContent = say("direction.tapped");
  } else if (step === "picture") {
    if (picture.closer) picture.closer = [picture.closer[0] + (x - 0.5) * 0.3, picture.closer[1] + (y - 0.5) * 0.3].map((each) => Math.min(Math.max(each, 0), 1));
    else picture.focus = [clamp(x), clamp(y)];
    peak = 0;
  }
  redraw();
}

function dragged(handle, [x, y]) {
  answers.horizon[Number(handle)] = [round(clamp(x)), round(clamp(y))];
  redraw();
  levelSoon();
}

async function findHorizon() {
  const found = await ask("horizon").catch(() => ({ line: null }));
  answers.horizon = found.line ?? [[0.1, 0.5], [0.9, 0.5]];
  answers.horizon = answers.horizon.map(([x, y]) => [x < 0.5 ? 0.08 : 0.92, x < 0.5 ? along(0.08) : along(0.92)].map(round));
  function along(x) {
    const [[x1, y1], [x2, y2]] = found.line ?? [[0, 0.5], [1, 0.5]];
    return clamp(y1 + ((x - x1) * (y2 - y1)) / (x2 - x1));
  }
  keep();
  redraw();
  await levelRead();
  if (!found.line) $("level-answer").textContent = `${say("level.unfound")}\n${$("level-answer").textContent}`;
}

async function levelRead() {
  if (!answers.horizon) { $("level-answer").textContent = ""; return; }
  try {
    const found = await ask("level", { line: answers.horizon, kind: answers.horizonKind, above_m: readNumber(answers.height) ?? 0 });
    const values = { n: Math.abs(found.roll_deg).toFixed(1), sd: found.roll_sd_deg.toFixed(1), tilt: found.tilt_deg.toFixed(1),
      way: say(found.roll_deg > 0 ? "level.anticlockwise" : "level.clockwise") };
    $("level-answer").textContent = say(Math.abs(found.roll_deg) < 0.5 ? "level.right" : "level.turn", values);
    await solve();
  } catch (error) { $("level-answer").textContent = reason(error); }
}

const levelSoon = later(() => { keep(); return levelRead(); }, 250);

// Place and direction

async function placeRead() {
  const place = readPlace(answers.coordinates);
  declination = null;
  if (!place) { $("coordinates-read").textContent = answers.coordinates.trim() ? say("place.unread") : ""; return; }
  try {
    declination = (await ask("declination", place)).declination_deg;
    const sign = declination < 0 ? "" : "+";
    $("coordinates-read").textContent = say("place.read", { lat: place.lat.toFixed(5), lon: place.lon.toFixed(5), d: sign + declination.toFixed(1) });
  } catch (error) { $("coordinates-read").textContent = reason(error); }
}

function here() {
  const place = readPlace(answers.coordinates);
  return place && { ...place, height_m: readNumber(answers.sea) };
}

async function solve() {
  const compass = readNumber(answers.compass);
  const view = readNumber(answers.view);
  try {
    solution = await ask("solve", {
      place: here(), landmarks: answers.landmarks, phone_minus_node_s: phoneAhead,
      compass: compass === null ? null : { reading_deg: ((compass % 360) + 360) % 360, sd_deg: Number(answers.compassSd) },
      field_of_view_deg: view,
      horizon: answers.horizon && { line: answers.horizon, kind: answers.horizonKind, above_m: readNumber(answers.height) ?? 0 },
    });
    $("solution").textContent = say("direction.answer", {
      heading: digits(solution.heading_deg), heading_sd: digits(solution.heading_sd_deg), view: digits(solution.field_of_view_deg),
      view_sd: digits(solution.field_of_view_sd_deg), tilt: digits(solution.tilt_deg), tilt_sd: digits(solution.tilt_sd_deg) })
      + (solution.declination_deg === null ? "" : `\n${say("direction.declination", { d: digits(solution.declination_deg) })}`);
    const strange = solution.landmarks.some((each) => each.strange) || (solution.misfit ?? 0) > 3;
    $("solution-problem").textContent = strange ? say("direction.misfit") : solution.field_of_view_sd_deg > 3 ? say("direction.wide")
      : solution.tilt_sd_deg > 5 ? say("direction.untilted") : "";
  } catch (error) {
    solution = null;
    $("solution").textContent = "";
    $("solution-problem").textContent = reason(error);
  }
  drawLandmarks();
  summarise();
}

const solveSoon = later(() => solve(), 350);

function drawLandmarks() {
  $("landmarks").replaceChildren(...answers.landmarks.map((landmark, n) => {
    const found = solution?.landmarks[n];
    const line = document.createElement("li");
    line.classList.toggle("strange", Boolean(found?.strange));
    const text = document.createElement("div");
    text.textContent = landmark.kind === "sun" ? say("direction.sun_at", { time: new Date(landmark.at).toLocaleTimeString(currentLanguage()) }) : landmark.name;
    if (found) {
      const small = document.createElement("small");
      const bearing = found.bearing_deg.toFixed(1);
      small.textContent = (found.distance_m === null ? say("direction.seen", { bearing }) : say("direction.towards", { bearing, km: (found.distance_m / 1000).toFixed(2) }))
        + ` · ${say("direction.off", { n: found.off_deg.toFixed(2) })}`;
      text.append(small);
    }
    const away = document.createElement("button");
    away.type = "button";
    away.textContent = "×";
    away.setAttribute("aria-label", `× ${landmark.name}`);
    away.addEventListener("click", () => { answers.landmarks.splice(n, 1); changed(); });
    line.append(text, away);
    return line;
  }));
  redraw();
}

function addLandmark(kind) {
  adding = { kind, name: kind === "sun" ? say("direction.sun_name") : "" };
  // The sun wanders, and so does a picture: what is tapped stands still meanwhile.
  picture.frozen = true;
  for (const id of ["landmark-name", "landmark-where", "landmark-bearing"]) {
    $(id).value = "";
    $(id).parentElement.hidden = kind === "sun";
  }
  $("landmark-tap").textContent = say("direction.tap");
  $("landmark-problem").textContent = "";
  $("landmark-form").hidden = false;
  $("landmark-form").scrollIntoView({ block: "end" });
}

function endAdding() {
  adding = null;
  picture.frozen = false;
  $("landmark-form").hidden = true;
  redraw();
}

function takeLandmark() {
  const where = readPlace($("landmark-where").value);
  const bearing = readNumber($("landmark-bearing").value);
  const given = adding.kind === "sun" || where || bearing !== null;
  if (adding.x === undefined || !given) { $("landmark-problem").textContent = say("direction.need"); return; }
  if (adding.kind === "sun") adding.at = picture.info.at;
  else {
    adding.name = $("landmark-name").value.trim() || `${answers.landmarks.length + 1}`;
    if (where) Object.assign(adding, { kind: "place", ...where });
    else Object.assign(adding, { kind: "bearing", bearing_deg: ((bearing % 360) + 360) % 360 });
  }
  answers.landmarks.push(adding);
  endAdding();
  changed();
}

function changed() {
  keep();
  solve();
}

// Walk test

async function watchWalk() {
  while (!$("app").hidden) {
    if (step === "walk" && !document.hidden) await ask("walk").then(drawWalk).catch(() => {});
    await wait(step === "walk" ? 700 : 1500);
  }
}

let walkAt = 5; // metres of the next mark

function drawWalk(walk) {
  const seen = walk.seen;
  $("walk-seen").textContent = seen === null ? say("walk.none")
    : seen.score > 0 ? say("walk.yes", { kind: say(`kind.${seen.kind}`), score: Math.round(100 * seen.score) }) : say("walk.no");
  $("walk-seen").classList.toggle("yes", Boolean(seen && seen.score > 0));
  const every = Number($("walk-every").value);
  walkAt = walk.under_way?.distance_m ?? (walk.marks.at(-1)?.distance_m ?? 0) + every;
  const button = $("walk-mark");
  button.textContent = say(walk.under_way ? "walk.under_way" : "walk.mark", { n: walkAt });
  button.disabled = Boolean(walk.under_way) || seen === null;
  button.style.backgroundSize = `${100 * (walk.under_way?.share ?? 0)}% 100%`;
  $("walk-table").replaceChildren(...walk.marks.map((mark) => {
    const row = document.createElement("tr");
    row.classList.toggle("no", !mark.reliable);
    const score = mark.score === null ? "–" : `${Math.round(100 * mark.score)} %`;
    for (const cell of [mark.distance_m, `${mark.seen}/${mark.looks}`, score, mark.height_px ?? "–"]) row.insertCell().textContent = cell;
    return row;
  }));
  $("walk-answer").textContent = walk.marks.length === 0 ? ""
    : walk.detection_distance_m === null ? say("walk.nothing") : say("walk.answer", { n: walk.detection_distance_m });
  if (answers.distance !== walk.detection_distance_m) {
    answers.distance = walk.detection_distance_m;
    answers.walked = walk.marks;
    summarise();
  }
}

// The end

function missing() {
  return [["needs_name", !answers.name.trim()], ["needs_place", !here()], ["needs_heading", !solution]].filter(([, is]) => is).map(([key]) => say(`finish.${key}`));
}

function summarise() {
  const place = here();
  const rows = {
    name: answers.name, place: place ? `${place.lat.toFixed(5)}, ${place.lon.toFixed(5)}` : "–",
    heading: solution ? `${digits(solution.heading_deg)}° ± ${digits(solution.heading_sd_deg)}°` : "–",
    view: solution ? `${digits(solution.field_of_view_deg)}° ± ${digits(solution.field_of_view_sd_deg)}°` : "–",
    tilt: solution ? `${digits(solution.tilt_deg)}° ± ${digits(solution.tilt_sd_deg)}°` : "–",
    height: answers.height ? `${answers.height} m` : "–", distance: answers.distance ? `${answers.distance} m` : "–",
  };
  $("summary").replaceChildren(...Object.entries(rows).flatMap(([key, value]) => {
    const [term, what] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = say(`sum.${key}`);
    what.textContent = value;
    return [term, what];
  }));
  const lacking = missing();
  $("missing").textContent = [
    ...(lacking.length ? [say("finish.missing", { what: lacking.join(", ") })] : []),
    ...(state && !state.clock.trusted && Math.abs(phoneAhead) > 60 ? [say("clock.off", { n: `${Math.round(Math.abs(phoneAhead) / 60)} min` })] : []),
  ].join(" ");
  const heading = say("finish.needs_heading");
  $("write").disabled = lacking.some((each) => each !== heading);
  const done = { picture: peak > 0, place: Boolean(here() && answers.name.trim()), direction: Boolean(solution), walk: Boolean(answers.distance), finish: Boolean(state?.written) };
  for (const button of document.querySelectorAll("nav button")) button.querySelector(".tick").textContent = done[button.dataset.to] ? "✓" : "○";
}

async function check() {
  $("check").disabled = true;
  try {
    let found = await ask("check", {});
    while (found.under_way) {
      drawChecks(found.checks, true);
      await wait(800);
      found = await ask("checks");
    }
    drawChecks(found.checks, false);
  } catch (error) { $("checks").textContent = reason(error); }
  $("check").disabled = false;
}

function drawChecks(checks, underWay) {
  const lines = checks.map((each) => {
    const line = document.createElement("li");
    line.className = each.status;
    line.textContent = `${{ ok: "✓", warn: "!", fail: "✗" }[each.status]} ${checkName(each.what)}: ${each.finding}${each.advice ? ` → ${each.advice}` : ""}`;
    return line;
  });
  if (underWay) lines.push(Object.assign(document.createElement("li"), { textContent: say("finish.checking") }));
  $("checks").replaceChildren(...lines);
}

async function write() {
  $("write").disabled = true;
  const camera = state.cameras[state.camera];
  const given = solution ? {
    heading_deg: Math.round(solution.heading_deg * 100) / 100 % 360, heading_sd_deg: solution.heading_sd_deg,
    tilt_deg: Math.round(solution.tilt_deg * 100) / 100, tilt_sd_deg: solution.tilt_sd_deg,
    field_of_view_deg: Math.round(solution.field_of_view_deg * 100) / 100, field_of_view_sd_deg: solution.field_of_view_sd_deg,
  } : {};
  try {
    const written = await ask("deployment", {
      camera: camera.deployment_id, name: answers.name, place: here(), height_m: readNumber(answers.height), ...given,
      detection_distance_m: answers.distance, how: { answers, solution, language: currentLanguage() }, phone_minus_node_s: phoneAhead,
    });
    localStorage.removeItem(`aim ${camera.deployment_id}`);
    const kept = answers;
    take({ ...(await ask("state")), written });
    answers = kept; // what was written is still what stands there
    fill();
    keep();
    drawWritten(written);
  } catch (error) { $("written").textContent = reason(error); }
  summarise();
}

function drawWritten(written) {
  const title = Object.assign(document.createElement("h3"), { textContent: say("written.title") });
  const lines = [say(`written.${written.cloud.state}`, written.cloud), say(`written.${written.node}`), written.deployment_id];
  $("written").replaceChildren(title, ...lines.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
}

// Putting it together

function go(to) {
  step = to;
  for (const section of document.querySelectorAll("[data-step]")) section.hidden = section.dataset.step !== to;
  for (const button of document.querySelectorAll("nav button")) {
    if (button.dataset.to === to) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  }
  if (to !== "picture") { picture.closer = null; $("closer").setAttribute("aria-pressed", "false"); }
  if (adding && to !== "direction") endAdding();
  document.querySelector("main").scrollTop = 0;
  summarise();
  redraw();
}

function translate() {
  document.documentElement.lang = currentLanguage() === "zh" ? "zh-CN" : "en";
  for (const each of document.querySelectorAll("[data-w]")) each.textContent = say(each.dataset.w);
  for (const button of document.querySelectorAll("nav button")) button.lastChild.textContent = say(`step.${button.dataset.to}`);
  if (!state) return;
  fill();
  placeRead();
  levelRead();
  if (state.written) drawWritten(state.written);
}

function later(what, milliseconds) {
  let timer = 0;
  return () => { clearTimeout(timer); timer = setTimeout(what, milliseconds); };
}

const digits = (value) => value.toFixed(1).replace(/^-(0\.0)$/, "$1");
const clamp = (share) => Math.min(Math.max(share, 0), 1);
const round = (share) => Math.round(share * 1e5) / 1e5;

function wire() {
  document.querySelector("nav").replaceChildren(...STEPS.map((each) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.to = each;
    button.append(Object.assign(document.createElement("span"), { className: "tick", textContent: "○" }), document.createTextNode(""));
    button.addEventListener("click", () => go(each));
    return button;
  }));
  picture = new Picture($("stage"), { onInfo: shown, onTap: tapped, onDrag: dragged, onShutOut: shutOut });
  for (const [id, key] of Object.entries(FIELDS)) {
    $(id).addEventListener("input", () => {
      answers[key] = $(id).value;
      keep();
      if (id === "coordinates") placeRead().then(solveSoon);
      else if (["level-kind", "height"].includes(id)) levelSoon();
      else if (id === "name") summarise();
      else solveSoon();
    });
  }
  $("door").addEventListener("submit", (event) => { event.preventDefault(); enter($("pin").value); });
  for (const each of document.querySelectorAll(".language")) each.addEventListener("click", () => {
    setLanguage(currentLanguage() === "zh" ? "en" : "zh");
    localStorage.setItem("language", currentLanguage());
    translate();
  });
  $("cameras").addEventListener("change", () => ask("camera", { camera: Number($("cameras").value) }).then((content) => { picture.after = 0; take(content); }));
  $("focus-reset").addEventListener("click", () => { peak = 0; });
  $("closer").addEventListener("click", () => {
    picture.closer = picture.closer ? null : [...picture.focus];
    $("closer").setAttribute("aria-pressed", String(Boolean(picture.closer)));
  });
  $("level-find").addEventListener("click", findHorizon);
  $("level-none").addEventListener("click", () => { answers.horizon = null; keep(); levelRead(); redraw(); solve(); });
  $("gnss").addEventListener("click", async () => {
    const { place } = await ask("place").catch(() => ({ place: null }));
    if (!place) { $("coordinates-read").textContent = say("place.no_gnss"); return; }
    answers.coordinates = `${place.lat.toFixed(6)}, ${place.lon.toFixed(6)}`;
    if (place.height_m !== null) answers.sea = place.height_m.toFixed(0);
    fill();
    keep();
    await placeRead();
    solve();
  });
  $("landmark-add").addEventListener("click", () => addLandmark("place"));
  $("sun-add").addEventListener("click", () => addLandmark("sun"));
  $("landmark-form").addEventListener("submit", (event) => { event.preventDefault(); takeLandmark(); });
  $("landmark-cancel").addEventListener("click", endAdding);
  $("walk-mark").addEventListener("click", () => ask("walk/mark", { distance_m: walkAt }).then(drawWalk));
  $("walk-back").addEventListener("click", async () => {
    const last = (await ask("walk")).marks.at(-1);
    if (last) drawWalk(await ask("walk/drop", { distance_m: last.distance_m }));
  });
  $("walk-anew").addEventListener("click", () => ask("walk/drop", {}).then(drawWalk));
  $("check").addEventListener("click", check);
  $("write").addEventListener("click", write);
  $("done").addEventListener("click", async () => {
    picture.running = false; // first: what it is waiting for would come to a page that is gone
    await ask("done", {}).catch(() => {});
    $("app").replaceChildren(Object.assign(document.createElement("h1"), { textContent: say("closed") }));
  });
}

wire();
setLanguage(localStorage.getItem("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
translate();
go("picture");
begin();
