"use strict";
(function () {
  const D = JSON.parse(document.getElementById("data").textContent);
  const S = Object.assign({}, D.start);
  const SVG = "http://www.w3.org/2000/svg";
  const el = (id) => document.getElementById(id);
  const canvas = el("canvas"), tip = el("tip");
  let shapes = [], chosen = -1;

  function make(name, attributes, text) {
    const e = document.createElementNS(SVG, name);
    for (const k in attributes) e.setAttribute(k, attributes[k]);
    if (text !== undefined) e.textContent = text;
    return e;
  }
  function html(name, text, className) {
    const e = document.createElement(name);
    if (text !== undefined) e.textContent = text;
    if (className) e.className = className;
    return e;
  }

  // A row is [area], withheld; [area, requests, issues], without residents; or
  // with them, their day, and value, low, high, told as a rate or not, of both.
  const kind = () => D.kinds[S.kind];
  const rows = () => kind().rows[S.month + "," + S.category] || [];
  const scale = () => kind().scales[S.category > 0 ? 1 : 0][S.measure];
  const unitName = () => (S.unit ? "事" : "件");
  const count = (r) => r[1 + S.unit];
  const rateOf = (r, unit) => r.slice(5 + 4 * unit, 9 + 4 * unit);
  const digits = (v) => (v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v.toFixed(2));
  const interval = (q) => digits(q[1]) + "–" + digits(q[2]);

  // state is why an area has the look it has.
  function state(r) {
    if (!r) return "zero";
    if (r.length === 1) return "hidden";
    if (S.measure) {
      if (r.length < 4) return "nobody";
      return rateOf(r, S.unit)[3] ? "class" : "few";
    }
    return count(r) ? "class" : "zero";
  }
  const value = (r) => (S.measure ? rateOf(r, S.unit)[0] : count(r));
  function fill(r) {
    const s = state(r);
    if (s === "class") return D.colours[classOf(value(r))];
    return { zero: "#ffffff", hidden: "url(#hidden)", nobody: "url(#nobody)", few: "url(#few)" }[s];
  }
  function classOf(v) {
    const b = scale().bounds;
    let at = 0;
    while (at + 1 < b.length && v >= b[at + 1]) at++;
    return at;
  }
  const stateName = { zero: "当月无诉求", hidden: "已隐去", nobody: "无常住人口数", few: "数据不足" };

  function drawMap() {
    const byArea = new Map(rows().map((r) => [r[0], r]));
    canvas.querySelectorAll(":scope > :not(defs)").forEach((e) => e.remove());
    const areas = kind().areas, isCell = kind().key !== "community";
    const drawable = areas.some((a) => a.d || a.p);
    el("nomap").hidden = drawable;
    canvas.style.display = drawable ? "" : "none";
    el("nomap").textContent = isCell ? "没有自带坐标的诉求，画不出网格；数见右侧“各区域”。" : "没有社区的边界或坐标，画不出社区图；数见“各区域”。";
    canvas.setAttribute("viewBox", "0 0 " + D.view[0] + " " + D.view[1]);
    shapes = [];
    const outline = (look) => D.outlines.forEach((d) => canvas.append(make("path", Object.assign({ d: d, "pointer-events": "none" }, look))));
    if (isCell) outline({ fill: "#f7f8fa" });
    areas.forEach((a, i) => {
      const r = byArea.get(i);
      if (!(a.d || a.p) || (isCell && !r)) return;
      const look = { fill: fill(r), stroke: isCell ? "#ffffff" : "#52606d", "stroke-width": isCell ? 0.8 : 1.2, "data-area": i, "fill-rule": "evenodd" };
      const e = a.d ? make("path", Object.assign(look, { d: a.d })) : make("circle", Object.assign(look, { cx: a.p[0], cy: a.p[1], r: 15 }));
      if (!isCell) { e.setAttribute("tabindex", "0"); e.setAttribute("aria-label", a.n + "：" + brief(r)); }
      shapes[i] = e;
      canvas.append(e);
    });
    if (isCell) outline({ fill: "none", stroke: "#52606d", "stroke-width": 1.2 });
    const narrow = el("map").clientWidth < 520;
    const size = Math.max(13, Math.min(34, Math.round(13 * D.view[0] / (el("map").clientWidth || D.view[0]))));
    (isCell ? D.labels : areas).forEach((a, i) => {
      if (!a.t || (!isCell && areas.length > 60)) return;
      const above = a.p && !a.d ? -22 : isCell || narrow ? size / 3 : -3;
      const half = (a.n.length * size) / 2 + 2, x = Math.max(half, Math.min(D.view[0] - half, a.t[0]));
      canvas.append(make("text", { x: x, y: a.t[1] + above, "font-size": size, "text-anchor": "middle", opacity: isCell ? 0.75 : 1 }, a.n));
      if (!isCell && a.d && !narrow) canvas.append(make("text", { x: x, y: a.t[1] + size, "font-size": size - 1, "text-anchor": "middle" }, brief(byArea.get(i))));
    });
    if (D.bar) {
      const y = D.view[1] - 14;
      canvas.append(make("path", { d: "M16," + (y - 5) + "V" + y + "H" + (16 + D.bar.length) + "V" + (y - 5), fill: "none", stroke: "#1f2933", "stroke-width": 1.5 }));
      canvas.append(make("text", { x: 22 + D.bar.length, y: y, "font-size": size - 1 }, D.bar.name));
    }
  }

  // brief is what stands on the map and in aria labels.
  function brief(r) {
    const s = state(r);
    if (s === "zero") return "0 " + unitName();
    if (s !== "class") return stateName[s];
    return S.measure ? digits(value(r)) + "/千人" : count(r) + " " + unitName();
  }

  function drawLegend() {
    const list = el("legend");
    list.textContent = "";
    const add = (fillWith, text) => {
      const li = html("li"), s = make("svg", { viewBox: "0 0 26 18", "aria-hidden": "true" });
      s.append(make("rect", { x: 0.5, y: 0.5, width: 25, height: 17, fill: fillWith, stroke: "#52606d" }));
      li.append(s, html("span", text));
      list.append(li);
    };
    const unit = S.measure ? "" : " " + unitName();
    el("legendtitle").textContent = "图例（" + unitName() + (S.measure ? "/千人" : "数") + "）";
    scale().labels.forEach((t, i) => add(D.colours[i], t + unit));
    if (kind().key === "community") add("#ffffff", S.measure ? "当月无诉求" : "0 " + unitName());
    if (S.measure) { add("url(#few)", "数据不足"); add("url(#nobody)", "无常住人口数"); }
    if (D.district) add("url(#hidden)", "已隐去（数小或防倒推）");
    el("steps").textContent = (S.measure ? "每千常住人口当月" + unitName() + "数。" : "当月" + unitName() + "数。") +
      "分级取 1、2、5、10……的整数，各月相同，“件”“事”相同，不随当月高低变动。";
  }

  function drawList() {
    const box = el("list"), byArea = new Map(rows().map((r) => [r[0], r])), isCell = kind().key !== "community";
    const most = 60;
    let items = kind().areas.map((a, i) => ({ a: a, i: i, r: byArea.get(i) })).filter((x) => x.r || (!isCell && x.a.mine));
    const weight = (x) => (!x.r ? 0 : x.r.length === 1 ? -1 : S.measure && state(x.r) === "class" ? 1e9 + value(x.r) : count(x.r));
    items.sort((x, y) => weight(y) - weight(x) || x.i - y.i);
    const total = items.length;
    const off = items.filter((x) => !(x.a.d || x.a.p));
    items = items.filter((x, n) => n < most || !(x.a.d || x.a.p));
    const table = html("table"), head = html("tr");
    const people = rows().some((r) => r.length > 3);
    ["区域", "件", "事"].concat(people ? ["每千人" + unitName() + "数"] : []).forEach((t) => head.append(html("th", t)));
    table.append(head);
    items.forEach((x) => {
      const tr = html("tr"), name = html("td", x.a.n);
      tr.dataset.area = x.i;
      if (!(x.a.d || x.a.p)) { name.append(html("br"), html("small", "未上图")); }
      tr.append(name);
      if (x.r && x.r.length === 1) {
        const td = html("td", stateName.hidden);
        td.colSpan = people ? 3 : 2;
        tr.append(td);
      } else {
        tr.append(html("td", x.r ? x.r[1] : 0), html("td", x.r ? x.r[2] : 0));
        const td = html("td");
        if (x.r && x.r.length > 3) {
          const q = rateOf(x.r, S.unit);
          td.append(digits(q[0]), html("br"), html("small", q[3] ? interval(q) : "数据不足"));
        } else td.append(html("small", x.r ? "无常住人口数" : "–"));
        if (people) tr.append(td);
      }
      table.append(tr);
    });
    if (total > items.length) table.append(html("caption", "共 " + total + " 个，列出" + (S.measure ? "每千人数" : unitName() + "数") + "最多的 " + (items.length - off.filter((x) => items.indexOf(x) >= most).length) + " 个。"));
    box.textContent = "";
    box.append(table);
  }

  function drawSummary() {
    const list = rows(), areas = kind().areas;
    const month = D.months[S.month], parts = [month.replace(/-0?/, " 年 ") + " 月" + (D.partial === S.month ? "（截至 " + D.asOf + "，不足整月）" : ""), D.categories[S.category]];
    const withheld = list.filter((r) => r.length === 1).length;
    let text = parts.join("，") + "：";
    if (!list.length) text += "没有诉求。";
    else if (withheld) text += list.length + " 个区域有诉求，其中 " + withheld + " 个的数过小或为防倒推而隐去，不列合计。";
    else {
      const sum = (k) => list.reduce((n, r) => n + r[k], 0);
      text += "共 " + sum(1) + " 件，归并为 " + sum(2) + " 事。";
      const off = list.filter((r) => !(areas[r[0]].d || areas[r[0]].p));
      if (off.length) text += "其中 " + off.reduce((n, r) => n + r[1], 0) + " 件（" + off.reduce((n, r) => n + r[2], 0) + " 事）" + (kind().key === "community" ? "没有可上图的社区" : "没有自带的可用坐标，不画入网格") + "。";
    }
    if (withheld) {
      const off = list.filter((r) => !(areas[r[0]].d || areas[r[0]].p)).length;
      if (off) text += "有 " + off + " 个没有可用位置，未上图。";
    }
    if (S.measure && !list.some((r) => r.length > 3) && list.length > withheld) text += kind().key === "community" ? "没有常住人口数，算不出每千人数。" : "网格没有常住人口数，算不出每千人数。";
    el("summary").textContent = text;
  }

  function describe(i) {
    const a = kind().areas[i], r = rows().find((x) => x[0] === i);
    tip.textContent = "";
    tip.append(html("b", (kind().key === "community" || !a.d ? "" : "网格 ") + a.n));
    const table = html("table");
    const line = (k, v) => { const tr = html("tr"); tr.append(html("th", k), html("td", v)); table.append(tr); };
    if (!r) line("诉求", "0 件，0 事");
    else if (r.length === 1) line("诉求", stateName.hidden);
    else {
      line("诉求", r[1] + " 件，" + r[2] + " 事");
      if (r.length > 3) {
        ["件", "事"].forEach((name, unit) => {
          const q = rateOf(r, unit);
          line("每千人" + name + "数", digits(q[0]) + (q[3] ? "" : "（数据不足）"));
          line("95% 区间", interval(q));
        });
        line("常住人口", r[3] + " 人（" + r[4] + "）");
      } else line("每千人数", "无常住人口数");
    }
    tip.append(table);
  }
  function point(i, x, y) {
    if (chosen !== i) {
      chosen = i;
      document.querySelectorAll(".on").forEach((e) => e.classList.remove("on"));
      if (i < 0) { tip.hidden = true; return; }
      describe(i);
      if (shapes[i]) shapes[i].classList.add("on");
      const tr = document.querySelector('#list tr[data-area="' + i + '"]');
      if (tr) tr.classList.add("on");
    }
    if (i < 0) return;
    tip.hidden = false;
    const box = el("map").getBoundingClientRect();
    let left = x - box.left + 14, top = y - box.top + 14;
    if (left + tip.offsetWidth > box.width - 4) left = Math.max(4, x - box.left - tip.offsetWidth - 14);
    if (top + tip.offsetHeight > box.height - 4) top = Math.max(4, y - box.top - tip.offsetHeight - 14);
    tip.style.left = left + "px";
    tip.style.top = top + "px";
  }
  const areaOf = (e) => { const t = e.target.closest && e.target.closest("[data-area]"); return t ? Number(t.dataset.area) : -1; };
  function pointAt(i) {
    const e = shapes[i], box = (e || el("map")).getBoundingClientRect();
    point(i, box.left + box.width / 2, e ? box.top + box.height / 2 : box.top);
  }
  ["pointermove", "pointerdown"].forEach((name) => canvas.addEventListener(name, (e) => point(areaOf(e), e.clientX, e.clientY)));
  canvas.addEventListener("pointerleave", (e) => { if (e.pointerType === "mouse") point(-1); });
  canvas.addEventListener("focusin", (e) => { if (areaOf(e) >= 0 && e.target.matches(":focus-visible")) pointAt(areaOf(e)); });
  el("list").addEventListener("click", (e) => { const i = areaOf(e); if (i >= 0) pointAt(i); });

  function draw() {
    chosen = -1;
    tip.hidden = true;
    el("month").value = S.month;
    el("category").value = S.category;
    el("earlier").disabled = S.month === 0;
    el("later").disabled = S.month === D.months.length - 1;
    drawSummary(); drawLegend(); drawMap(); drawList();
  }
  function options(id, names, key) {
    const select = el(id);
    names.forEach((n, i) => { const o = html("option", n); o.value = i; select.append(o); });
    select.addEventListener("change", () => { S[key] = Number(select.value); draw(); });
  }
  function radios(id, names) {
    names.forEach((n, i) => {
      const label = html("label", undefined, "radio"), input = html("input");
      input.type = "radio"; input.name = id; input.value = i; input.checked = S[id] === i;
      input.addEventListener("change", () => { S[id] = i; draw(); });
      label.append(input, html("span", n));
      el(id).append(label);
    });
  }
  options("month", D.months.map((m, i) => m + (D.partial === i ? "（不足整月）" : "")), "month");
  options("category", D.categories, "category");
  radios("unit", ["件", "事"]);
  radios("kind", D.kinds.map((k) => k.name));
  radios("measure", ["数量", "每千人"]);
  el("earlier").addEventListener("click", () => { S.month--; draw(); });
  el("later").addEventListener("click", () => { S.month++; draw(); });
  window.addEventListener("resize", drawMap);
  el("choices").addEventListener("submit", (e) => e.preventDefault());
  draw();
})();
