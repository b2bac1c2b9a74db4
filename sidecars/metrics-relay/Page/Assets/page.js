"use strict";

const each = 2000;
const $ = (id) => document.getElementById(id);
const state = { points: [], open: new Set(), search: "", failed: false, timer: 0, asking: false };

// ---- Words and numbers -------------------------------------------------------------------------------------------

function short(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6) return (value / 1e6).toPrecision(3) + " M";
  if (size >= 1e4) return (value / 1e3).toPrecision(3) + " k";
  return String(Number(value.toPrecision(3)));
}

function seconds(value) {
  if (value === null || value === undefined) return ["–", ""];
  if (value >= 1) return [short(value), "s"];
  if (value >= 1e-3) return [short(value * 1e3), "ms"];
  return [short(value * 1e6), "µs"];
}

function ago(milliseconds) {
  const s = Math.max(0, Math.round(milliseconds / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

function bytes(count) {
  return count >= 1 << 20 ? `${short(count / (1 << 20))} MiB` : count >= 1024 ? `${short(count / 1024)} KiB` : `${count} B`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// ---- Charts ------------------------------------------------------------------------------------------------------

const width = 300;
const height = 92;

class Chart {
  constructor(title, lines, format, least) {
    Object.assign(this, { title, lines, format, least, cursor: null, shown: [] });
    this.now = make("p", { class: "now" });
    this.caption = make("figcaption", {}, make("span", { class: "quiet" }, title));
    if (lines.length > 1) {
      const names = ["", "second", "third"];
      this.caption.append(make("span", { class: "legend", "aria-hidden": "true" },
        ...lines.map((line, i) => make("span", { class: names[i] }, line.name))));
    }
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", tabindex: "0" })) {
      this.svg.setAttribute(name, value);
    }
    this.scale = make("p", { class: "scale", "aria-hidden": "true" }, make("span"), make("span"), make("span"));
    this.element = make("figure", { class: "chart" }, this.caption, this.now, this.svg, this.scale);
    this.svg.addEventListener("pointermove", (event) => this.point(event.offsetX / this.svg.clientWidth));
    this.svg.addEventListener("pointerleave", () => this.move(null));
    this.svg.addEventListener("blur", () => this.move(null));
    this.svg.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step && this.shown.length) {
        event.preventDefault();
        const at = this.cursor === null ? this.shown.length - 1 : this.shown.findIndex((p) => p[0] === this.cursor) + step;
        this.move(this.shown[Math.min(Math.max(at, 0), this.shown.length - 1)][0]);
      }
    });
  }

  point(share) {
    if (!this.shown.length) return;
    const at = this.from + share * (this.to - this.from);
    this.move(this.shown.reduce((best, p) => (Math.abs(p[0] - at) < Math.abs(best[0] - at) ? p : best))[0]);
  }

  move(cursor) {
    this.cursor = cursor;
    this.draw(this.shown, this.from, this.to);
  }

  draw(points, from, to) {
    Object.assign(this, { shown: points, from, to });
    const main = this.lines[this.lines.length > 1 ? 1 : 0];
    const values = points.flatMap((p) => this.lines.map((line) => p[line.at])).filter((v) => v !== null);
    const top = Math.max(this.least, ...values) * 1.08;
    const x = (t) => ((t - from) / (to - from)) * width;
    const y = (v) => height - 2 - (v / top) * (height - 8);
    const parts = [this.path("grid", `M0 ${height - 1}H${width}M0 ${height / 2}H${width}`)];
    this.lines.forEach((line, i) => {
      // A gap of several scrapes, or a value that is not there, is not drawn over.
      const runs = [];
      for (const p of points) {
        if (p[line.at] === null) { runs.push([]); continue; }
        if (!runs.length || (runs.at(-1).length && p[0] - runs.at(-1).at(-1)[0] > 120000)) runs.push([]);
        runs.at(-1).push(p);
      }
      for (const run of runs.filter((r) => r.length)) {
        const curve = run.map((p, k) => `${k ? "L" : "M"}${x(p[0]).toFixed(1)} ${y(p[line.at]).toFixed(1)}`).join("") + (run.length === 1 ? "h0.01" : "");
        if (this.lines.length === 1) {
          parts.push(this.path("area", `${curve}L${x(run.at(-1)[0]).toFixed(1)} ${height - 1}L${x(run[0][0]).toFixed(1)} ${height - 1}Z`));
        }
        parts.push(this.path(`line ${["", "second", "third"][i]}`.trim(), curve));
      }
    });
    const chosen = points.find((p) => p[0] === this.cursor) ?? null;
    if (chosen) parts.push(this.path("cursor", `M${x(chosen[0]).toFixed(1)} 0V${height}`));
    this.svg.replaceChildren(...parts);

    const current = chosen ?? points.at(-1);
    const [number, unit] = this.format(current ? current[main.at] : null);
    const name = this.lines.length > 1 ? `${unit} ${main.name}`.trim() : unit;
    if (this.said !== number + name) {
      this.said = number + name;
      this.now.replaceChildren(number, ...(name ? [make("small", {}, name)] : []));
    }
    const [left, middle, right] = this.scale.children;
    say(left, chosen ? clock.format(chosen[0]) : `${Math.round((to - from) / 60000)} min ago`);
    say(middle, `max ${this.format(values.length ? Math.max(...values) : null).join(" ")}`.trim());
    say(right, chosen ? this.lines.map((l) => `${l.name} ${this.format(chosen[l.at]).join(" ")}`.trim()).join(" · ") : "now");
    this.svg.setAttribute("aria-label", this.describe(current, chosen, values));
  }

  describe(current, chosen, values) {
    if (!current) return `${this.title}: nothing measured yet`;
    const each = this.lines.map((l) => `${l.name} ${this.format(current[l.at]).join(" ")}`.trim()).join(", ");
    const most = values.length ? `; at most ${this.format(Math.max(...values)).join(" ")}` : "";
    return `${this.title} ${chosen ? "at " + clock.format(chosen[0]) : "now"}: ${each}${most} in the last quarter of an hour. Left and right arrow keys read single points.`;
  }

  path(kind, d) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("class", kind);
    path.setAttribute("d", d);
    return path;
  }
}

const charts = [
  new Chart("Request rate", [{ name: "", at: 1 }], (v) => [short(v), "per second"], 1),
  new Chart("Error share", [{ name: "", at: 2 }], (v) => [v === null || v === undefined ? "–" : short(v * 100), "%"], 0.05),
  new Chart("Latency", [{ name: "p50", at: 3 }, { name: "p90", at: 4 }, { name: "p99", at: 5 }], seconds, 1e-4),
  new Chart("In flight", [{ name: "", at: 6 }], (v) => [short(v), "requests"], 2),
];
$("charts").append(...charts.map((chart) => chart.element));

// ---- What is shown -----------------------------------------------------------------------------------------------

// Keeps the elements that are there, so that the focus stays and a screen reader is not sent through the list anew.
function list(parent, items, key, create, update) {
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, i) => {
    const name = key(item);
    let element = before.get(name);
    if (!element) {
      element = create(item);
      element.dataset.key = name;
    }
    before.delete(name);
    update(element, item);
    if (parent.children[i] !== element) parent.insertBefore(element, parent.children[i] ?? null);
  });
  for (const left of before.values()) left.remove();
}

function card() {
  return make("li", {}, make("p", { class: "title" }, make("span"), make("span", { class: "pill" })), make("div"));
}

function fill(element, title, pill, good, facts, wrong) {
  const [head, body] = element.children;
  say(head.children[0], title);
  say(head.children[1], pill);
  head.children[1].hidden = !pill;
  head.children[1].className = `pill ${good === null ? "" : good ? "good" : "bad"}`.trim();
  const text = JSON.stringify([facts, wrong]);
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  body.replaceChildren(
    make("dl", {}, ...facts.filter(([, v]) => v).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])),
    ...(wrong ? [make("p", { class: "wrong" }, wrong)] : []));
}

function showTargets(data) {
  list($("targets"), data.targets, (t) => t.name, card, (element, t) => fill(
    element, t.name, t.up ? "● up" : "▲ down", t.up,
    [["since", t.since ? `${ago(data.now - t.since)} (${clock.format(t.since)})` : ""],
      ["last scrape", t.up ? `${t.samples} samples, ${bytes(t.bytes)}` : ""], ["address", t.url]],
    t.error));
  const down = data.targets.filter((t) => !t.up).length;
  const pill = $("state");
  say(pill, down === 0 ? (data.targets.length === 1 ? "● Target up" : `● All ${data.targets.length} targets up`)
    : `▲ ${down} of ${data.targets.length} ${data.targets.length === 1 ? "target" : "targets"} down`);
  pill.className = `pill ${down === 0 ? "good" : "bad"}`;
  document.title = `${down === 0 ? "up" : "DOWN"} · Metrics relay`;
}

const forwarderNames = { remote_write: "Remote write", otlp: "OTLP", pushgateway: "Pushgateway" };

function showForwarders(data) {
  $("forwarding").hidden = data.forwarders.length === 0;
  list($("forwarders"), data.forwarders, (f) => f.name, card, (element, { name, status }) => fill(
    element, forwarderNames[name] ?? name,
    name === "pushgateway" ? "at the end" : status.last_error ? "▲ failing" : status.last_accepted ? "● sending" : "waiting",
    name === "pushgateway" || !(status.last_error || status.last_accepted) ? null : !status.last_error,
    [["to", status.url ?? status.group], ["version", status.version],
      ["last taken", status.last_accepted ? `${ago(data.now - Date.parse(status.last_accepted))} ago` : ""],
      ["waiting", status.waiting_batches === undefined ? "" : status.waiting_batches === 0 ? "nothing"
        : `${status.waiting_batches} batches, ${bytes(status.waiting_bytes)}, the oldest ${ago(status.lag_seconds * 1000)}`]],
    status.last_error));
}

function showProblems(data) {
  $("problems").hidden = data.problems.length === 0;
  list($("problem-list"), data.problems, (p) => p.area, card, (element, p) => fill(
    element, p.area, `for ${ago(data.now - p.since)}`, false, [["what to do", p.remedy]], p.what));
}

function showTraffic(data) {
  const { requests, latency, in_flight: inFlight, points } = data.traffic;
  const oldest = data.now - data.history_seconds * 1000;
  const newest = state.points.length ? state.points.at(-1)[0] : 0;
  state.points = state.points.filter((p) => p[0] >= oldest).concat(points.filter((p) => p[0] > newest));
  const first = state.points.length ? state.points[0][0] : data.now;
  // A relay that has just started shows its first minutes over the whole width.
  const from = Math.min(Math.max(first, oldest), data.now - 120000);
  charts.forEach((chart) => chart.draw(state.points, from, data.now));
  const sources = [...new Set([requests, latency, inFlight].filter(Boolean))];
  say($("traffic-source"), sources.length ? `from ${sources.join(", ")}` : "No target exposes a counter of requests or a histogram of their latency yet.");
}

function showFamilies(data) {
  say($("matches"), state.search
    ? `${data.families_matched} of ${data.families_total} families match`
    : `${data.families_total} families, ${data.series_total} series`);
  list($("families"), data.families, (f) => f.name, (family) => {
    const element = make("details", {},
      make("summary", {}, make("span", { class: "name" }), make("span", { class: "value" }), make("span", { class: "quiet" })),
      make("div", { class: "scroll" }));
    element.addEventListener("toggle", () => {
      if (element.open === state.open.has(family.name)) return;
      if (element.open) state.open.add(family.name); else state.open.delete(family.name);
      refresh();
    });
    return element;
  }, (element, family) => {
    const [name, value, help] = element.firstChild.children;
    say(name, family.name);
    say(value, family.count === 1 ? family.series[0][1] : `${family.count} series`);
    say(help, [family.help, `${family.type}${family.unit ? `, in ${family.unit}` : ""}`].filter(Boolean).join(" · "));
    if (element.open && family.series) showSeries(element.lastChild, family);
  });
}

function showSeries(parent, family) {
  if (!parent.firstChild) {
    parent.append(make("table", {},
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Series"), make("th", { scope: "col" }, "Value"))),
      make("tbody")), make("p", { class: "quiet" }));
  }
  list(parent.querySelector("tbody"), family.series, (s) => s[0],
    (s) => make("tr", {}, make("th", { scope: "row", class: "series" }, s[0]), make("td", { class: "value" })),
    (row, s) => say(row.lastChild, s[1]));
  say(parent.lastChild, family.count > family.series.length ? `and ${family.count - family.series.length} more at /metrics` : "");
}

function show(data) {
  say($("labels"), Object.entries(data.labels).map(([name, value]) => `${name} ${value}`).join(" · ") || location.host);
  showTargets(data);
  showProblems(data);
  showTraffic(data);
  showForwarders(data);
  showFamilies(data);
}

// ---- The loop ----------------------------------------------------------------------------------------------------

async function refresh() {
  if (state.asking) { state.again = true; return; }
  state.asking = true;
  clearTimeout(state.timer);
  const query = new URLSearchParams({ since: state.points.length ? state.points.at(-1)[0] : 0, search: state.search });
  for (const name of state.open) query.append("open", name);
  try {
    const answer = await fetch(`/-/page/data?${query}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(`the relay answered ${answer.status}`);
    show(await answer.json());
  } catch (error) {
    say($("state"), "▲ No answer from the relay");
    $("state").className = "pill bad";
    console.warn(error.message);
  }
  state.asking = false;
  if (state.again) { state.again = false; refresh(); return; }
  if ($("live").checked && !document.hidden) state.timer = setTimeout(refresh, each);
}

$("search").addEventListener("input", (event) => {
  state.search = event.target.value.trim();
  refresh();
});
$("live").addEventListener("change", () => refresh());
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
refresh();
