// Image files of the reader, decoded and made smaller in a worker, so that the page need not wait.

// what the worker does: the image of a file, its longer side no longer than asked
const read = async ({data: {file, longest}}) => {
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, longest/Math.max(image.width, image.height));
    const [resizeWidth, resizeHeight] = [image.width, image.height].map(n => Math.max(1, Math.round(n*scale)));
    const small = await createImageBitmap(image, {resizeWidth, resizeHeight, resizeQuality: 'high'});
    postMessage(small, [small]);
  } catch {
    postMessage(null);
  }
};

// the image of a file, null where it is none
export const readImage = (file, longest) => {
  const address = URL.createObjectURL(new Blob([`onmessage = ${read}`]));
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  worker.postMessage({file, longest});
  return new Promise(resolve => {
    worker.onmessage = ({data}) => {
      worker.terminate();
      resolve(data);
    };
  });
};
