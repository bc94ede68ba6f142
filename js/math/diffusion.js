// The forward process, the variance of the fresh noise, and the reverse step. A point is [abar, bbar].

export const isClean = point => point.every(v => v === 0);

// x_t = x0 + abar*(x_in - x0) + bbar*eps; without an input, x_in is zero
export const qSample = (x0, xIn, eps, abar, bbar) => {
  const x = x0.slice();
  for (let i = 0; i < x.length; i++) x[i] += abar*((xIn ? xIn[i] : 0) - x[i]) + bbar*eps[i];
  return x;
};

// The registry of variances at eta = 1, of a step from the point t to the point s
export const POSTERIORS = {
  sum_constrained: ([, bbarT], [, bbarS]) => bbarS*bbarS*(bbarT*bbarT - bbarS*bbarS)/(bbarT*bbarT),
  preserving: ([abarT, bbarT], [abarS, bbarS]) => {
    const ratio = (1 - abarT)/(1 - abarS);
    const kept = ratio === 0 ? 0 : ratio*ratio*bbarS*bbarS/(bbarT*bbarT); // 0: the limit at the corner (1, 0)
    return bbarS*bbarS*(1 - kept);
  },
  bridge: ([abarT, bbarT], [abarS, bbarS]) => bbarS*bbarS - (abarS/abarT)**2*bbarT*bbarT,
};

// the variance of a step's fresh noise, NaN where the posterior does not exist
export const posteriorVariance = (posterior, from, to, eta = 1) => {
  const bbarS = to[1];
  if (eta === 0 || bbarS === 0) return 0;
  const variance = POSTERIORS[posterior](from, to);
  return !Number.isFinite(variance) || variance < -1e-12*bbarS**2 ? NaN : eta*Math.max(variance, 0);
};

// x_s, given x_t, the estimate {x0, res, eps} there and, where there is any, fresh noise of this variance
export const reverseStep = (x, estimate, [abarT, bbarT], to, variance = 0, noise = null) => {
  if (isClean(to)) return estimate.x0.slice();
  const [abarS, bbarS] = to;
  const {res, eps} = estimate;
  const fromEps = Math.sqrt(Math.max(bbarS*bbarS - variance, 0)) - bbarT;
  const fromNoise = Math.sqrt(variance);
  const out = x.slice();
  for (let i = 0; i < out.length; i++) {
    out[i] += (abarS - abarT)*res[i] + (eps ? fromEps*eps[i] : 0) + (noise ? fromNoise*noise[i] : 0);
  }
  return out;
};
