// Sums over long lists of numbers, images most of all; several at a time are faster than one. Where a list holds
// several vectors end to end, `at` is where one of them begins.

// the inner product of b with as many numbers of a
export const dot = (a, b, at = 0) => {
  const n = b.length;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let i = 0;
  for (; i + 3 < n; i += 4) {
    sum0 += a[at + i]*b[i];
    sum1 += a[at + i + 1]*b[i + 1];
    sum2 += a[at + i + 2]*b[i + 2];
    sum3 += a[at + i + 3]*b[i + 3];
  }
  for (; i < n; i++) sum0 += a[at + i]*b[i];
  return sum0 + sum1 + sum2 + sum3;
};

// scale times a vector, added to as many numbers
export const addScaled = (out, vector, scale, at = 0) => {
  const n = vector.length;
  let i = 0;
  for (; i + 3 < n; i += 4) {
    out[at + i] += scale*vector[i];
    out[at + i + 1] += scale*vector[i + 1];
    out[at + i + 2] += scale*vector[i + 2];
    out[at + i + 3] += scale*vector[i + 3];
  }
  for (; i < n; i++) out[at + i] += scale*vector[i];
};

// the inner products of each of the vectors with as many numbers of x, into out from `first` on
export const innerProducts = (out, x, vectors, at = 0, first = 0) => {
  const fours = vectors.length - vectors.length % 4;
  for (let k = 0; k < fours; k += 4) {
    const [a, b, c, d] = [vectors[k], vectors[k + 1], vectors[k + 2], vectors[k + 3]];
    let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
    for (let i = 0; i < a.length; i++) {
      const v = x[at + i];
      sumA += v*a[i];
      sumB += v*b[i];
      sumC += v*c[i];
      sumD += v*d[i];
    }
    out[first + k] = sumA;
    out[first + k + 1] = sumB;
    out[first + k + 2] = sumC;
    out[first + k + 3] = sumD;
  }
  for (let k = fours; k < vectors.length; k++) out[first + k] = dot(x, vectors[k], at);
};

// vectors, each times its weight, added; those of weight 0 take no time
export const addMixture = (out, vectors, weights, at = 0, first = 0) => {
  for (let k = 0; k < vectors.length; k++) {
    if (weights[first + k] !== 0) addScaled(out, vectors[k], weights[first + k], at);
  }
};
