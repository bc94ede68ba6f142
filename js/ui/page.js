// What a figure needs of its page: values without a kernel, the theme, and patience.

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

// keep the color scheme of a figure that of its page; call back when it may have changed
export const followTheme = (element, root, callback) => {
  const follow = () => {
    root.style.colorScheme = colorScheme(element);
  };
  follow();
  onTheme(() => {
    follow();
    callback();
  });
};
