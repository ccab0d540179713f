// Progress over time as a line, on pages that link this file: <div data-chart="line" data-source="id" role="img" aria-label>.
// The data stand in <script type="application/json" id>; a table with the same figures stands beside the chart.
import { init, use } from 'echarts/core';
import { LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';

use([LineChart, GridComponent, TooltipComponent, LegendComponent, MarkLineComponent, AriaComponent, CanvasRenderer]);

const MARKS = ['circle', 'rect', 'triangle', 'diamond'];
const STROKES = ['solid', 'dashed', 'dotted', 'solid'];
const drawn = new Map();
const token = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function line(data) {
  const ink = token('--ink'), second = token('--ink-2'), rule = token('--rule'), surface = token('--surface');
  const stroke = { lineStyle: { color: rule } };
  const today = data.today && { silent: true, symbol: 'none', data: [{ xAxis: data.today }],
    lineStyle: { color: token('--red'), type: 'dashed' }, label: { formatter: data.today_label ?? '', color: ink, position: 'end', rotate: 0 } };
  return {
    color: [1, 2, 3, 4].map(n => token(`--series-${n}`)), backgroundColor: 'transparent',
    animation: !matchMedia('(prefers-reduced-motion: reduce)').matches, animationDuration: 250,
    textStyle: { color: ink, fontFamily: getComputedStyle(document.body).fontFamily }, aria: { enabled: false },
    grid: { left: 8, right: 24, top: data.series.length > 1 ? 52 : 28, bottom: 8, containLabel: true },
    // on the canvas: the tooltip as HTML writes style attributes, which the content security policy blocks
    tooltip: { trigger: 'axis', renderMode: 'richText', backgroundColor: surface, borderColor: rule, textStyle: { color: ink },
      valueFormatter: value => (value == null ? '–' : `${value}${data.unit ?? ''}`) },
    legend: data.series.length > 1 ? { top: 4, textStyle: { color: ink } } : undefined,
    xAxis: { type: data.time ? 'time' : 'category', data: data.time ? undefined : data.labels, boundaryGap: false, axisLine: stroke,
      axisLabel: { color: second, hideOverlap: true } },
    yAxis: { type: 'value', min: data.min ?? 0, max: data.max, splitLine: stroke, axisLabel: { color: second, formatter: `{value}${data.unit ?? ''}` } },
    series: data.series.map((s, i) => ({ type: 'line', name: s.name, data: s.data, step: s.step ? 'end' : false, connectNulls: true, symbol: MARKS[i % 4],
      symbolSize: 7, lineStyle: { width: 2, type: STROKES[i % 4] }, markLine: i === 0 && today ? today : undefined })),
  };
}

function draw(element) {
  const data = JSON.parse(document.getElementById(element.dataset.source).textContent);
  drawn.get(element)?.dispose();
  const chart = init(element, null, { renderer: 'canvas', locale: document.documentElement.lang.startsWith('zh') ? 'ZH' : 'EN' });
  chart.setOption(line(data));
  drawn.set(element, chart);
}

const seen = new IntersectionObserver(entries => entries.filter(e => e.isIntersecting).forEach(({ target }) => {
  seen.unobserve(target);
  draw(target);
  new ResizeObserver(() => drawn.get(target)?.resize()).observe(target);
}), { rootMargin: '200px' });
document.querySelectorAll('[data-chart]').forEach(element => seen.observe(element));
document.addEventListener('theme:change', () => setTimeout(() => drawn.forEach((_, element) => draw(element)), 60));
window.addEventListener('beforeprint', () => drawn.forEach(chart => chart.resize()));
