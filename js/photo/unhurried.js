// Work that takes longer than a moment, and does not keep the page waiting.

const MOMENT = 8; // milliseconds

// a moment for whatever else waits
export const breath = () => new Promise(resolve => {
  setTimeout(resolve);
});

// what a generator returns, its work done a moment at a time; null as soon as nobody wants it any more
export const unhurried = async (work, isWanted) => {
  let began = performance.now();
  for (let at = work.next(); ; at = work.next()) {
    if (at.done) return at.value;
    if (performance.now() - began < MOMENT) continue;
    await breath();
    if (!isWanted()) return null;
    began = performance.now();
  }
};
