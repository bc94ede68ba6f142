// Files of which one sees how much is there.

const fetched = async (url, onBytes) => {
  const response = await fetch(url).catch(() => {
    throw new Error('a file could not be fetched: is there a connection?');
  });
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`);
  const reader = response.body.getReader();
  const parts = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    onBytes(part.value.length);
  }
  return new Blob(parts).arrayBuffer();
};

// files {name, bytes} of a folder, all at once; onProgress(bytes there, bytes in all)
export const download = (folder, files, onProgress) => {
  const total = files.reduce((bytes, file) => bytes + file.bytes, 0);
  let there = 0;
  const onBytes = bytes => {
    there += bytes;
    onProgress(there, total);
  };
  return Promise.all(files.map(({name}) => fetched(new URL(name, folder), onBytes)));
};
