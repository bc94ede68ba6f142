// Random numbers.

// uniform numbers in [0, 1) from a seed (Mulberry32)
export const uniforms = seed => {
  let state = seed >>> 0;
  return () => {
    state = state + 0x6D2B79F5 >>> 0;
    let bits = Math.imul(state ^ state >>> 15, 1 | state);
    bits = bits + Math.imul(bits ^ bits >>> 7, 61 | bits) ^ bits;
    return ((bits ^ bits >>> 14) >>> 0)/4294967296;
  };
};

// a function from n to n standard normal numbers (Box-Muller); rddm_nb.widgets.noise gives the same
export const normals = seed => {
  const uniform = uniforms(seed);
  const normal = () => {
    const [u, v] = [uniform(), uniform()];
    return Math.sqrt(-2*Math.log(1 - u))*Math.cos(2*Math.PI*v);
  };
  return n => {
    const numbers = new Float64Array(n);
    for (let i = 0; i < n; i++) numbers[i] = normal();
    return numbers;
  };
};
