// The exact predictor: the best estimate of the clean image, where all clean images are known.
import {range, sum} from './arrays.js';

// the inner product of a with b from `start` on; four running sums are faster than one
const dot = (a, b, start = 0) => {
  const n = a.length;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let i = 0;
  for (; i + 3 < n; i += 4) {
    sum0 += a[i]*b[start + i];
    sum1 += a[i + 1]*b[start + i + 1];
    sum2 += a[i + 2]*b[start + i + 2];
    sum3 += a[i + 3]*b[start + i + 3];
  }
  for (; i < n; i++) sum0 += a[i]*b[start + i];
  return sum0 + sum1 + sum2 + sum3;
};

// the weighted mean of images that lie end to end, four at a time; those of no weight are left out
const weightedMean = (images, size, weights) => {
  const used = [...weights.keys()].filter(k => weights[k] > 1e-14);
  if (used.length === 1) return images.slice(used[0]*size, (used[0] + 1)*size);
  const out = new Float64Array(size);
  for (let first = 0; first < used.length; first += 4) {
    const four = [0, 1, 2, 3].map(j => used[first + j]);
    const [a, b, c, d] = four.map(k => (k ?? used[first])*size);
    const [p, q, r, s] = four.map(k => weights[k] ?? 0);
    for (let i = 0; i < size; i++) out[i] += p*images[a + i] + q*images[b + i] + r*images[c + i] + s*images[d + i];
  }
  return out;
};

const softmax = logits => {
  const top = Math.max(...logits);
  const exps = logits.map(v => Math.exp(v - top));
  const total = sum(exps);
  return exps.map(v => v/total);
};

// Clean images scatter around the means with standard deviation std, the input around the clean image with tau
export class ExactPredictor {
  constructor(means, count, {std = 0, tau = null, weights = null} = {}) {
    Object.assign(this, {means: Float64Array.from(means), size: means.length/count, std, tau});
    const prior = weights || Array(count).fill(1);
    const total = sum(prior);
    this.logPrior = prior.map(w => Math.log(w/total));
    this.squaredNorms = range(count, k => {
      const mean = this.means.subarray(k*this.size, (k + 1)*this.size);
      return dot(mean, mean);
    });
    this.inputShare = tau === null ? 0 : std**2/(std**2 + tau**2);
    this.lastInput = null;
  }

  // squared distances of x from the means times scale
  squaredDistances(x, scale) {
    const own = dot(x, x);
    return this.squaredNorms.map((norm, k) => this.logPrior[k] === -Infinity ? Infinity
      : own - 2*scale*dot(x, this.means, k*this.size) + scale*scale*norm);
  }

  // log likelihoods of the input, kept for as long as the input stays the same; null if it says nothing
  inputLogits(xIn) {
    if (this.tau === null) return null;
    if (this.lastInput !== xIn) {
      const variance = this.std**2 + this.tau**2;
      this.lastLogits = this.squaredDistances(xIn, 1).map(d => -d/(2*variance));
      this.lastInput = xIn;
    }
    return this.lastLogits;
  }

  // the probability of each mean, given the state and the input
  posterior(x, xIn, abar, bbar) {
    const input = xIn || new Float64Array(x.length);
    const scale = (1 - abar)*(1 - this.inputShare);
    const inputScale = abar + (1 - abar)*this.inputShare;
    const rest = x.slice();
    for (let i = 0; i < rest.length; i++) rest[i] -= inputScale*input[i];
    const distances = this.squaredDistances(rest, scale);
    const nearest = Math.min(...distances);
    const variance = (1 - abar)**2*this.std**2*(1 - this.inputShare) + bbar*bbar;
    const certain = d => scale === 0 || d <= nearest ? 0 : -Infinity;
    const fromInput = this.inputLogits(input);
    return softmax(distances.map((d, k) =>
      this.logPrior[k] + (variance > 0 ? -d/(2*variance) : certain(d)) + (fromInput ? fromInput[k] : 0)));
  }

  // the estimate {x0, res, eps} and the weights of the means; eps is null where there is no noise
  predict(x, xIn, abar, bbar) {
    const input = xIn || new Float64Array(x.length);
    const weights = this.posterior(x, xIn, abar, bbar);
    const x0 = weightedMean(this.means, this.size, weights);
    const share = this.inputShare;
    const variance = this.std**2*(1 - share);
    const gain = (1 - abar)*variance/Math.max((1 - abar)**2*variance + bbar*bbar, 1e-300);
    const res = new Float64Array(x.length);
    const eps = bbar === 0 ? null : new Float64Array(x.length);
    for (let i = 0; i < x0.length; i++) {
      const mean = (1 - share)*x0[i] + share*input[i];
      x0[i] = mean + gain*(x[i] - abar*input[i] - (1 - abar)*mean);
      res[i] = input[i] - x0[i];
      if (eps) eps[i] = (x[i] - abar*input[i] - (1 - abar)*x0[i])/bbar;
    }
    return {x0, res, eps, weights};
  }
}
