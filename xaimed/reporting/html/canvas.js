"use strict";
// How a map is drawn over a picture, on every page. Text only ever becomes textContent; no markup is built from it.
const drawing = (() => {
  const make = (tag, props = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  // Each picture decoded once; null for one that is not there.
  const album = (addresses) => {
    const images = new Map();
    return (place) => {
      if (!images.has(place)) {
        const image = new Image();
        images.set(place, addresses[place] ? new Promise((done) => {
          image.onload = () => done(image);
          image.onerror = () => done(null);
          image.src = addresses[place];
        }) : Promise.resolve(null));
      }
      return images.get(place);
    };
  };
  // Bilinear, the centres of cells kept in place, as the panels are drawn.
  const strengthAt = (map, width, height) => {
    const [rows, columns, , text] = map, cells = bytes(text), out = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      const v = Math.min(Math.max((y + .5) * rows / height - .5, 0), rows - 1), y0 = Math.floor(v), y1 = Math.min(y0 + 1, rows - 1);
      for (let x = 0; x < width; x++) {
        const u = Math.min(Math.max((x + .5) * columns / width - .5, 0), columns - 1), x0 = Math.floor(u), x1 = Math.min(x0 + 1, columns - 1);
        const above = cells[y0 * columns + x0] * (x0 + 1 - u) + cells[y0 * columns + x1] * (u - x0);
        const below = cells[y1 * columns + x0] * (x0 + 1 - u) + cells[y1 * columns + x1] * (u - x0);
        out[y * width + x] = (above * (y0 + 1 - v) + below * (v - y0)) / 255;
      }
    }
    return out;
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
    const strength = strengthAt(map, wide, high), pixels = pen.getImageData(left, top, wide, high);
    for (let i = 0; i < strength.length; i++) {
      const opacity = blend * strongest * Math.sqrt(strength[i]), c = 3 * Math.round(255 * strength[i]);
      for (let k = 0; k < 3; k++) pixels.data[4 * i + k] = (1 - opacity) * pixels.data[4 * i + k] + opacity * colours[c + k];
    }
    pen.putImageData(pixels, left, top);
  };
  const key = (colours, words) => {
    const canvas = make("canvas", { width: 256, height: 1 }), pen = canvas.getContext("2d"), line = pen.createImageData(256, 1);
    for (let i = 0; i < 256; i++) line.data.set([...colours.slice(3 * i, 3 * i + 3), 255], 4 * i);
    pen.putImageData(line, 0, 0);
    return make("span", {}, `${words}: none`, canvas, "that picture's most");
  };
  return { make, bytes, album, draw, key };
})();
