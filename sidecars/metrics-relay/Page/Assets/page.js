"use strict";

const refreshInterval = 2000;
const byId = (id) => document.getElementById(id);
const state = { points: [], expanded: new Set(), search: "", timer: 0, isRefreshing: false, needsRefresh: false };

// ---- Formatting -------------------------------------------------------------------------------------------

function formatShort(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6) return (value / 1e6).toPrecision(3) + " M";
  if (size >= 1e4) return (value / 1e3).toPrecision(3) + " k";
  return String(Number(value.toPrecision(3)));
}

function formatSeconds(value) {
  if (value === null || value === undefined) return ["–", ""];
  if (value >= 1) return [formatShort(value), "s"];
  if (value >= 1e-3) return [formatShort(value * 1e3), "ms"];
  return [formatShort(value * 1e6), "µs"];
}

function formatAge(milliseconds) {
  const s = Math.max(0, Math.round(milliseconds / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}

function formatBytes(count) {
  return count >= 1 << 20 ? `${formatShort(count / (1 << 20))} MiB` : count >= 1024 ? `${formatShort(count / 1024)} KiB` : `${count} B`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function createElement(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// ---- Charts ------------------------------------------------------------------------------------------------------

const width = 300;
const height = 92;

class Chart {
  constructor(title, lines, format, least) {
    Object.assign(this, { title, lines, format, least, cursor: null, shown: [] });
    this.now = createElement("p", { class: "now" });
    this.caption = createElement("figcaption", {}, createElement("span", { class: "quiet" }, title));
    if (lines.length > 1) {
      const names = ["", "second", "third"];
      this.caption.append(createElement("span", { class: "legend", "aria-hidden": "true" },
        ...lines.map((line, i) => createElement("span", { class: names[i] }, line.name))));
    }
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", tabindex: "0" })) {
      this.svg.setAttribute(name, value);
    }
    this.scale = createElement("p", { class: "scale", "aria-hidden": "true" }, createElement("span"), createElement("span"), createElement("span"));
    this.element = createElement("figure", { class: "chart" }, this.caption, this.now, this.svg, this.scale);
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
      // No line is drawn across a long gap or a missing value.
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
    if (this.currentText !== number + name) {
      this.currentText = number + name;
      this.now.replaceChildren(number, ...(name ? [createElement("small", {}, name)] : []));
    }
    const [left, middle, right] = this.scale.children;
    setText(left, chosen ? clock.format(chosen[0]) : `${Math.round((to - from) / 60000)} min ago`);
    setText(middle, `max ${this.format(values.length ? Math.max(...values) : null).join(" ")}`.trim());
    setText(right, chosen ? this.lines.map((l) => `${l.name} ${this.format(chosen[l.at]).join(" ")}`.trim()).join(" · ") : "now");
    this.svg.setAttribute("aria-label", this.describe(current, chosen, values));
  }

  describe(current, chosen, values) {
    if (!current) return `${this.title}: no data yet`;
    const each = this.lines.map((l) => `${l.name} ${this.format(current[l.at]).join(" ")}`.trim()).join(", ");
    const most = values.length ? `; at most ${this.format(Math.max(...values)).join(" ")}` : "";
    return `${this.title} ${chosen ? "at " + clock.format(chosen[0]) : "now"}: ${each}${most} in the last 15 minutes. Use the left and right arrow keys to read single points.`;
  }

  path(kind, d) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("class", kind);
    path.setAttribute("d", d);
    return path;
  }
}

const charts = [
  new Chart("Request rate", [{ name: "", at: 1 }], (v) => [formatShort(v), "per second"], 1),
  new Chart("Error share", [{ name: "", at: 2 }], (v) => [v === null || v === undefined ? "–" : formatShort(v * 100), "%"], 0.05),
  new Chart("Latency", [{ name: "p50", at: 3 }, { name: "p90", at: 4 }, { name: "p99", at: 5 }], formatSeconds, 1e-4),
  new Chart("In flight", [{ name: "", at: 6 }], (v) => [formatShort(v), "requests"], 2),
];
byId("charts").append(...charts.map((chart) => chart.element));

// ---- Page sections -----------------------------------------------------------------------------------------------

// Existing elements are reused, so that they keep the focus and a screen reader does not start again.
function updateList(parent, items, key, create, update) {
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

function createCard() {
  return createElement("li", {}, createElement("p", { class: "title" }, createElement("span"), createElement("span", { class: "pill" })), createElement("div"));
}

function updateCard(element, title, pill, good, facts, wrong) {
  const [head, body] = element.children;
  setText(head.children[0], title);
  setText(head.children[1], pill);
  head.children[1].hidden = !pill;
  head.children[1].className = `pill ${good === null ? "" : good ? "good" : "bad"}`.trim();
  const text = JSON.stringify([facts, wrong]);
  if (element.dataset.text === text) return;
  element.dataset.text = text;
  body.replaceChildren(
    createElement("dl", {}, ...facts.filter(([, v]) => v).flatMap(([name, value]) => [createElement("dt", {}, name), createElement("dd", {}, value)])),
    ...(wrong ? [createElement("p", { class: "wrong" }, wrong)] : []));
}

function showTargets(data) {
  updateList(byId("targets"), data.targets, (t) => t.name, createCard, (element, t) => updateCard(
    element, t.name, t.up ? "● up" : "▲ down", t.up,
    [["since", t.since ? `${formatAge(data.now - t.since)} (${clock.format(t.since)})` : ""],
      ["last scrape", t.up ? `${t.samples} samples, ${formatBytes(t.bytes)}` : ""], ["address", t.url]],
    t.error));
  const down = data.targets.filter((t) => !t.up).length;
  const pill = byId("state");
  setText(pill, down === 0 ? (data.targets.length === 1 ? "● Target up" : `● All ${data.targets.length} targets up`)
    : `▲ ${down} of ${data.targets.length} ${data.targets.length === 1 ? "target" : "targets"} down`);
  pill.className = `pill ${down === 0 ? "good" : "bad"}`;
  document.title = `${down === 0 ? "up" : "DOWN"} · Metrics relay`;
}

const forwarderNames = { remote_write: "Remote write", otlp: "OTLP", pushgateway: "Pushgateway" };

function showForwarders(data) {
  byId("forwarding").hidden = data.forwarders.length === 0;
  updateList(byId("forwarders"), data.forwarders, (f) => f.name, createCard, (element, { name, status }) => updateCard(
    element, forwarderNames[name] ?? name,
    name === "pushgateway" ? "at shutdown" : status.last_error ? "▲ failing" : status.last_accepted ? "● sending" : "waiting",
    name === "pushgateway" || !(status.last_error || status.last_accepted) ? null : !status.last_error,
    [["receiver", status.url ?? status.group], ["version", status.version],
      ["last accepted", status.last_accepted ? `${formatAge(data.now - Date.parse(status.last_accepted))} ago` : ""],
      ["waiting", status.waiting_batches === undefined ? "" : status.waiting_batches === 0 ? "none"
        : `${status.waiting_batches} batches, ${formatBytes(status.waiting_bytes)}, oldest ${formatAge(status.lag_seconds * 1000)}`]],
    status.last_error));
}

function showProblems(data) {
  byId("problems").hidden = data.problems.length === 0;
  updateList(byId("problem-list"), data.problems, (p) => p.area, createCard, (element, p) => updateCard(
    element, p.area, `for ${formatAge(data.now - p.since)}`, false, [["remedy", p.remedy]], p.what));
}

function showTraffic(data) {
  const { requests, latency, in_flight: inFlight, points } = data.traffic;
  const oldest = data.now - data.history_seconds * 1000;
  const newest = state.points.length ? state.points.at(-1)[0] : 0;
  state.points = state.points.filter((p) => p[0] >= oldest).concat(points.filter((p) => p[0] > newest));
  const first = state.points.length ? state.points[0][0] : data.now;
  // After a start, the first minutes use the full width.
  const from = Math.min(Math.max(first, oldest), data.now - 120000);
  charts.forEach((chart) => chart.draw(state.points, from, data.now));
  const sources = [...new Set([requests, latency, inFlight].filter(Boolean))];
  setText(byId("traffic-source"), sources.length ? `from ${sources.join(", ")}` : "No target exposes a request counter or a latency histogram yet.");
}

function showFamilies(data) {
  setText(byId("matches"), state.search
    ? `${data.families_matched} of ${data.families_total} families match`
    : `${data.families_total} families, ${data.series_total} series`);
  updateList(byId("families"), data.families, (f) => f.name, (family) => {
    const element = createElement("details", {},
      createElement("summary", {}, createElement("span", { class: "name" }), createElement("span", { class: "value" }), createElement("span", { class: "quiet" })),
      createElement("div", { class: "scroll" }));
    element.addEventListener("toggle", () => {
      if (element.open === state.expanded.has(family.name)) return;
      if (element.open) state.expanded.add(family.name); else state.expanded.delete(family.name);
      refresh();
    });
    return element;
  }, (element, family) => {
    const [name, value, help] = element.firstChild.children;
    setText(name, family.name);
    setText(value, family.count === 1 ? family.series[0][1] : `${family.count} series`);
    setText(help, [family.help, `${family.type}${family.unit ? `, in ${family.unit}` : ""}`].filter(Boolean).join(" · "));
    if (element.open && family.series) showSeries(element.lastChild, family);
  });
}

function showSeries(parent, family) {
  if (!parent.firstChild) {
    parent.append(createElement("table", {},
      createElement("thead", {}, createElement("tr", {}, createElement("th", { scope: "col" }, "Series"), createElement("th", { scope: "col" }, "Value"))),
      createElement("tbody")), createElement("p", { class: "quiet" }));
  }
  updateList(parent.querySelector("tbody"), family.series, (s) => s[0],
    (s) => createElement("tr", {}, createElement("th", { scope: "row", class: "series" }, s[0]), createElement("td", { class: "value" })),
    (row, s) => setText(row.lastChild, s[1]));
  setText(parent.lastChild, family.count > family.series.length ? `and ${family.count - family.series.length} more at /metrics` : "");
}

function showAll(data) {
  setText(byId("labels"), Object.entries(data.labels).map(([name, value]) => `${name} ${value}`).join(" · ") || location.host);
  showTargets(data);
  showProblems(data);
  showTraffic(data);
  showForwarders(data);
  showFamilies(data);
}

// ---- Refresh loop ----------------------------------------------------------------------------------------------------

async function refresh() {
  if (state.isRefreshing) { state.needsRefresh = true; return; }
  state.isRefreshing = true;
  clearTimeout(state.timer);
  const query = new URLSearchParams({ since: state.points.length ? state.points.at(-1)[0] : 0, search: state.search });
  for (const name of state.expanded) query.append("expanded", name);
  try {
    const response = await fetch(`/-/page/data?${query}`, { cache: "no-store" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    showAll(await response.json());
  } catch (error) {
    setText(byId("state"), "▲ No response from the relay");
    byId("state").className = "pill bad";
    console.warn(error.message);
  }
  state.isRefreshing = false;
  if (state.needsRefresh) { state.needsRefresh = false; refresh(); return; }
  if (byId("live").checked && !document.hidden) state.timer = setTimeout(refresh, refreshInterval);
}

byId("search").addEventListener("input", (event) => {
  state.search = event.target.value.trim();
  refresh();
});
byId("live").addEventListener("change", () => refresh());
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
refresh();
