// Axes to draw on; if nothing else is said, those of the plane, abar across and bbar up.
import {clamp, range} from '../math/arrays.js';
import {svg} from './dom.js';

// room for the largest letters that the style sheet gives: wide axes shrink more on a narrow page
const MARGIN = {left: 52, right: 14, top: 12, bottom: 40};
const WIDE_MARGIN = {left: 74, right: 14, top: 14, bottom: 56};
const WIDE = 640;

let ids = 0;
// a name that no other element has
export const newId = prefix => `${prefix}${++ids}`;

const ticks = (low, high) => {
  const step = high - low > 2.5 ? 1 : .5;
  const first = Math.ceil(low/step)*step;
  return range(Math.floor((high + 1e-9 - first)/step) + 1, i => first + i*step);
};

const tickLabel = (value, attributes) => svg('text', attributes, String(+value.toFixed(2)));

export class Axes {
  constructor({xRange = [0, 1], yMax, width = 360, height = 300, draggable = false, label = 'the plane', ...labels}) {
    const margin = width < WIDE ? MARGIN : WIDE_MARGIN;
    const {left, right, top, bottom} = margin;
    Object.assign(this, {xRange, yMax, width, height, margin});
    this.innerWidth = width - left - right;
    this.innerHeight = height - top - bottom;
    const id = newId('clip');
    this.curves = svg('g', {'clip-path': `url(#${id})`});
    this.marks = svg('g');
    const attributes = {viewBox: `0 0 ${width} ${height}`, class: draggable ? 'touch' : '', role: 'group'};
    this.svg = svg('svg', {...attributes, 'aria-label': label},
      this.grid(), this.clipPath(id), this.frame(), this.axisLabels(labels), this.curves, this.marks);
  }

  grid() {
    const [left, right] = this.xRange.map(x => this.px(x));
    const line = d => svg('path', {class: 'grid', d});
    const vertical = x => [line(`M${this.px(x)} ${this.py(0)}V${this.py(this.yMax)}`),
      tickLabel(x, {x: this.px(x), y: this.py(0) + 3, dy: '1em', 'text-anchor': 'middle'})];
    const horizontal = y => [line(`M${left} ${this.py(y)}H${right}`),
      tickLabel(y, {x: left, dx: '-.5em', y: this.py(y), dy: '.35em', 'text-anchor': 'end'})];
    return [ticks(...this.xRange).map(vertical), ticks(0, this.yMax).map(horizontal)];
  }

  clipPath(id) {
    const {left, top} = this.margin;
    const box = {x: left - 3, y: top - 3, width: this.innerWidth + 6, height: this.innerHeight + 6};
    return svg('defs', {}, svg('clipPath', {id}, svg('rect', box)));
  }

  frame() {
    const [left, right] = this.xRange.map(x => this.px(x));
    return svg('path', {class: 'axis', d: `M${left} ${this.py(this.yMax)}V${this.py(0)}H${right}`});
  }

  axisLabels({xLabel = 'ᾱ: how much residual', yLabel = 'β̄: how much noise'}) {
    const {left, top} = this.margin;
    const [across, down] = [left + this.innerWidth/2, top + this.innerHeight/2];
    const turned = {x: left, y: down, dy: '-2.6em', 'text-anchor': 'middle', transform: `rotate(-90 ${left} ${down})`};
    return [svg('text', {x: across, y: this.py(0) + 3, dy: '2.2em', 'text-anchor': 'middle'}, xLabel),
      svg('text', turned, yLabel)];
  }

  // where a value is drawn
  px(x) {
    const [low, high] = this.xRange;
    return this.margin.left + (x - low)/(high - low)*this.innerWidth;
  }

  py(y) {
    return this.height - this.margin.bottom - y/this.yMax*this.innerHeight;
  }

  clampPoint([x, y]) {
    return [clamp(x, ...this.xRange), clamp(y, 0, this.yMax)];
  }

  // the point under the pointer
  pointOf(event) {
    const box = this.svg.getBoundingClientRect();
    const scale = this.width/box.width;
    const [low, high] = this.xRange;
    const across = ((event.clientX - box.left)*scale - this.margin.left)/this.innerWidth;
    const up = (this.height - this.margin.bottom - (event.clientY - box.top)*scale)/this.innerHeight;
    return this.clampPoint([low + across*(high - low), up*this.yMax]);
  }

  clear() {
    this.curves.replaceChildren();
    this.marks.replaceChildren();
  }

  curve(points, color, attributes = {}) {
    const drawn = points.map(([x, y]) => [this.px(x), this.py(clamp(y, -1, this.yMax + 1))]);
    const d = drawn.map(([x, y], i) => `${i ? 'L' : 'M'}${x.toFixed(2)} ${y.toFixed(2)}`).join('');
    return this.curves.appendChild(svg('path', {class: 'curve', d, stroke: color, ...attributes}));
  }

  dot([x, y], color, attributes = {}) {
    return this.mark('circle', {cx: this.px(x), cy: this.py(y), r: 5, fill: color, ...attributes});
  }

  // many dots as one shape: lines of no length with round ends
  dots(points, color, radius) {
    const d = points.map(([x, y]) => `M${this.px(x).toFixed(2)} ${this.py(y).toFixed(2)}h0`).join('');
    return this.mark('path', {d, stroke: color, 'stroke-width': 2*radius, 'stroke-linecap': 'round'});
  }

  // a shape at a place in pixels
  mark(tag, attributes) {
    return this.marks.appendChild(svg(tag, attributes));
  }

  text([x, y], words, attributes = {}) {
    return this.marks.appendChild(svg('text', {x: this.px(x) + 8, y: this.py(y) - 8, ...attributes}, words));
  }
}
