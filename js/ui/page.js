// What a figure needs of its page: values without a kernel, an address that keeps them, the theme, and patience.
import {record} from '../math/arrays.js';

// a model as a kernel's, for a page without one
export const pageModel = state => {
  const values = {...state};
  const listeners = {};
  return {
    keys: () => Object.keys(values),
    get: key => values[key],
    set(key, value) {
      if (values[key] === value) return;
      values[key] = value;
      for (const listener of listeners[`change:${key}`] || []) listener();
    },
    on(event, listener) {
      (listeners[event] ||= []).push(listener);
    },
    off() {},
    save_changes() {},
  };
};

const text = JSON.stringify;

// the values that the page's address has for a figure, where they are of the kind that its state has
export const fromAddress = (kind, state) => {
  const fits = ([key, value]) => value !== null && typeof value === typeof state[key]
    && Array.isArray(value) === Array.isArray(state[key]);
  try {
    const given = JSON.parse(new URLSearchParams(location.search).get(kind)) ?? {};
    return Object.fromEntries(Object.entries(given).filter(fits));
  } catch {
    return {};
  }
};

// a function that soon writes into the page's address what has been set
export const addressKeeper = (kind, state, model) => {
  let timer = null;
  const keep = () => {
    const changed = Object.keys(state).filter(key => text(model.get(key)) !== text(state[key]));
    const url = new URL(location);
    url.searchParams.delete(kind);
    if (changed.length) url.searchParams.set(kind, text(record(changed, key => model.get(key))));
    if (url.href !== location.href) history.replaceState(history.state, '', url);
  };
  return () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 300);
  };
};

// light text stands on a dark page
const colorScheme = element => {
  const [red, green, blue] = getComputedStyle(element).color.match(/[\d.]+/g) || [0, 0, 0];
  return .3*red + .59*green + .11*blue > 128 ? 'dark' : 'light';
};

// call back whenever the theme of the page may have changed
const onTheme = callback => {
  const watched = {attributes: true, attributeFilter: ['class', 'data-jp-theme-light']};
  if (typeof MutationObserver === 'function') new MutationObserver(callback).observe(document.body, watched);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', callback);
};

// a function that calls back soon, once for several calls at once
export const batched = callback => {
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    queueMicrotask(() => {
      waits = false;
      callback();
    });
  };
};

// the color behind an element
const pageColor = element => {
  for (let e = element; e; e = e.parentElement) {
    const color = getComputedStyle(e).backgroundColor;
    if (color !== 'rgba(0, 0, 0, 0)') return color;
  }
  return 'Canvas';
};

// keep the colors of a figure those of its page; call back when they may have changed
export const followTheme = (element, root, callback) => {
  const follow = () => {
    root.style.colorScheme = colorScheme(element);
    root.style.setProperty('--page', pageColor(element));
  };
  follow();
  onTheme(() => {
    follow();
    callback();
  });
};
