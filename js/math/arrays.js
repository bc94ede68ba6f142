// Small helpers for lists of numbers.

// [f(0), ..., f(n - 1)]
export const range = (n, f) => Array.from({length: n}, (_, i) => f(i));

// {key: f(key, its number)}
export const record = (keys, f) => Object.fromEntries(keys.map((key, i) => [key, f(key, i)]));

export const last = list => list[list.length - 1];

export const sum = values => values.reduce((total, value) => total + value, 0);

// partial sums, from 0 to the whole
export const cumulativeSum = values => {
  let total = 0;
  return [0, ...values.map(value => total += value)];
};

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

// at most n elements of a list, its first and last among them
export const evenlySpaced = (list, n) =>
  n >= list.length ? list : range(n, i => list[Math.round(i*(list.length - 1)/(n - 1))]);
