"use strict";
// How a map is drawn over a picture, on every page. Text only ever becomes textContent; no markup is built from it.
const drawing = (() => {
  const make = (tag, props = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  // Each picture decoded once; null for one that is not there. decoded(place) says at once, undefined while it is not.
  const album = (addresses) => {
    const images = new Map(), there = new Map();
    const picture = (place) => {
      if (!images.has(place)) {
        const image = new Image();
        images.set(place, addresses[place] ? new Promise((done) => {
          image.onload = () => { there.set(place, image); done(image); };
          image.onerror = () => { there.set(place, null); done(null); };
          image.src = addresses[place];
        }) : Promise.resolve(null));
        if (!addresses[place]) there.set(place, null);
      }
      return images.get(place);
    };
    picture.decoded = (place) => there.get(place);
    return picture;
  };
  // Bilinear, the centres of cells kept in place, as the panels are drawn: between which two cells, and how far along.
  const between = (cells, length) => {
    const first = new Int32Array(length), second = new Int32Array(length), along = new Float32Array(length);
    for (let i = 0; i < length; i++) {
      const at = Math.min(Math.max((i + .5) * cells / length - .5, 0), cells - 1);
      first[i] = Math.floor(at); second[i] = Math.min(first[i] + 1, cells - 1); along[i] = at - first[i];
    }
    return [first, second, along];
  };
  const LEVELS = 1023;
  // How opaque each strength is; looked up, for there are fifty thousand pixels and forty-eight canvases.
  const opacities = (most) => Float32Array.from({ length: LEVELS + 1 }, (_, level) => most * Math.sqrt(level / LEVELS));
  const over = (data, [rows, columns, , text], width, height, colours, most) => {
    const cells = bytes(text), opacity = opacities(most), [left, right, across] = between(columns, width), [upper, lower, down] = between(rows, height);
    for (let y = 0, i = 0; y < height; y++) {
      const above = upper[y] * columns, below = lower[y] * columns, v = down[y];
      for (let x = 0; x < width; x++, i += 4) {
        const l = left[x], r = right[x], u = across[x];
        const top = cells[above + l] + (cells[above + r] - cells[above + l]) * u, bottom = cells[below + l] + (cells[below + r] - cells[below + l]) * u;
        const strength = top + (bottom - top) * v, o = opacity[(strength * (LEVELS / 255) + .5) | 0], c = 3 * ((strength + .5) | 0);
        data[i] += o * (colours[c] - data[i]);
        data[i + 1] += o * (colours[c + 1] - data[i + 1]);
        data[i + 2] += o * (colours[c + 2] - data[i + 2]);
      }
    }
  };
  // box: the part of the picture that the map covers, as shares of its sides.
  const draw = (canvas, image, { map, colours, strongest, blend, box = [0, 0, 1, 1], side = 224 }) => {
    const width = image ? image.naturalWidth : side, height = image ? image.naturalHeight : side;
    canvas.width = width; canvas.height = height;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    if (image) pen.drawImage(image, 0, 0);
    else { pen.fillStyle = "#777"; pen.fillRect(0, 0, width, height); pen.fillStyle = "#fff"; pen.fillText("picture is not there", 8, 20); }
    if (!map || !map.length || !blend) return;
    const left = Math.round(box[0] * width), top = Math.round(box[1] * height);
    const wide = Math.round(box[2] * width) - left, high = Math.round(box[3] * height) - top;
    const pixels = pen.getImageData(left, top, wide, high);
    over(pixels.data, map, wide, high, colours, blend * strongest);
    pen.putImageData(pixels, left, top);
  };
  const key = (colours, words) => {
    const canvas = make("canvas", { width: 256, height: 1 }), pen = canvas.getContext("2d"), line = pen.createImageData(256, 1);
    for (let i = 0; i < 256; i++) line.data.set([...colours.slice(3 * i, 3 * i + 3), 255], 4 * i);
    pen.putImageData(line, 0, 0);
    canvas.setAttribute("aria-hidden", "true");
    return make("span", {}, `${words}: none`, canvas, "the most in that picture");
  };
  return { make, bytes, album, draw, key };
})();
