// Image files of the reader, decoded and made smaller in a worker, so that the page need not wait.

// what the worker does: the image of a file, its longer side no longer than asked
const read = async ({data: {file, longest}}) => {
  try {
    const image = await createImageBitmap(file);
    const {width, height} = image;
    const side = width > height ? 'resizeWidth' : 'resizeHeight';
    const size = Math.max(width, height) > longest ? {[side]: longest, resizeQuality: 'high'} : {};
    const small = await createImageBitmap(image, size);
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
