// PNG of the drawing, made here from the SVG that the server exports: drawn from a data: address, which the policy allows.
const SCALE = 2;

function loaded(url) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = reject;
    image.src = url;
  });
}

// the server names the file: after the configuration that is open, or the pattern
function named(answer) {
  const [, name] = /filename="([^"]+)\.svg"/.exec(answer.headers.get("Content-Disposition") ?? "") ?? [];
  return `${name ?? "diagram"}.png`;
}

export async function png(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(String(answer.status));
  const image = await loaded(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(await answer.text())}`);
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * SCALE;
  canvas.height = image.naturalHeight * SCALE;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const link = document.createElement("a");
  link.download = named(answer);
  link.href = canvas.toDataURL("image/png");
  link.click();
}
