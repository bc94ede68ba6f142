// Elements, and numbers as text.

const isGiven = value => value !== null && value !== undefined;

// words in the language of the page, where the page has labels of its own; {0}, {1} in them stand for the values
export const said = (label, ...values) => {
  const words = globalThis.rddmLabels?.[label] ?? label;
  return values.length ? words.replace(/{(.)}/g, (_, i) => said(values[i])) : words;
};

export const write = (element, ...words) => {
  element.textContent = said(...words);
};

// the element, with attributes set (those that begin with 'on' are listeners) and children appended
export const build = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (isGiven(value)) element.setAttribute(name, ['aria-label', 'alt'].includes(name) ? said(value) : value);
  }
  element.append(...children.flat(Infinity).filter(isGiven).map(child => said(child)));
  return element;
};

export const h = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  build(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

export const button = (label, onclick) => h('button', {type: 'button', onclick}, label);

export const div = (className, ...children) => h('div', {class: className}, ...children);

export const note = (...children) => h('p', {class: 'note'}, ...children);

// a small square of a color, for a legend
export const colorKey = color => h('span', {class: 'key', style: `background:${color}`});

// an entry of a legend, on one line
export const legendEntry = (color, words) => h('span', {class: 'entry'}, colorKey(color), words);

// a bar; fill() fills it to a percentage
export const bar = () => {
  const inner = h('i');
  const fill = (percent, background) => Object.assign(inner.style, {width: `${percent}%`, background});
  return Object.assign(div('bar', inner), {fill});
};

// values by name, as one reads them
export const spaced = name => name.replace('_', ' ');
export const hyphened = name => name.replace('_', '-');

export const twoDigits = value => Number.isFinite(value) ? value.toFixed(2) : value > 0 ? '∞' : '–';

export const formatPsnr = value => value > 60 ? 'exact' : value.toFixed(2);

export const formatPoint = point => `(${point.map(twoDigits).join(', ')})`;
