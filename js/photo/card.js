// Has the browser a graphics card that can run a network?

// may it have one? What runs there is WebAssembly that waits for the card's answers, which not every browser knows
export const mayHaveCard = () => Boolean(navigator.gpu && WebAssembly.Suspending);

// has it a card of its own, not one that the processor only plays?
export const hasCard = async () => {
  try {
    const adapter = await navigator.gpu.requestAdapter();
    return Boolean(adapter) && !(adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter);
  } catch {
    return false;
  }
};
