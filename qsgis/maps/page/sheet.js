// Draws the layers of the page's payload into the folium groups given, and serves legend switches, popups and finder.
// Values of features are written by textContent only: a name that looks like HTML is shown as it stands.
function drawSheet(map, groups, words) {
  "use strict";
  const DEGREE = 1e6;
  const border = [];

  async function unpack(text) {
    if (!("DecompressionStream" in window)) throw new Error(words.old_browser);
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(plain).json();
  }

  function positions(steps) {
    const found = [];
    let x = 0, y = 0;
    for (let at = 0; at < steps.length; at += 2) {
      x += steps[at];
      y += steps[at + 1];
      found.push([y / DEGREE, x / DEGREE]);
    }
    return found;
  }

  function look(layer, number) {
    const own = layer.classes[number];
    const faint = layer.geometry === "line" && !layer.columns.length;
    return {
      color: own.stroke, weight: layer.width, opacity: faint ? 0.85 : layer.geometry === "line" ? 1 : 0.9, stroke: layer.width > 0,
      fill: layer.geometry !== "line" && own.fill !== null, fillColor: own.fill, fillOpacity: layer.opacity,
      dashArray: layer.dash.length ? layer.dash.join(" ") : null, interactive: layer.columns.length > 0,
      radius: layer.radius, lineJoin: "round",
    };
  }

  function shapes(layer, steps, options) {
    if (layer.geometry === "polygon") return [L.polygon(steps.map((part) => part.map(positions)), options)];
    if (layer.geometry === "line") return [L.polyline(steps.map(positions), options)];
    return positions(steps).map((place) => L.circleMarker(place, options));
  }

  function written(number) {
    const size = Math.abs(number);
    return number.toLocaleString("en-US", { maximumFractionDigits: size >= 1000 ? 1 : size >= 10 ? 2 : 4, useGrouping: size >= 10000 });
  }

  function popup(layer, index, title) {
    const box = document.createElement("div");
    box.className = "popup";
    box.appendChild(document.createElement("h4")).textContent = title;
    const table = box.appendChild(document.createElement("table"));
    layer.columns.forEach((name, column) => {
      const value = layer.rows[index][column];
      if (value === null || value === "") return;
      const row = table.insertRow();
      row.appendChild(document.createElement("th")).textContent = name;
      row.insertCell().textContent = typeof value === "number" ? written(value) : value;
    });
    return box;
  }

  function writeName(group, text, place, spot) {
    const box = document.createElement("span");
    box.textContent = text;
    const icon = L.divIcon({ className: spot ? "place spot" : "place", html: box, iconSize: [0, 0] });
    L.marker(place, { icon, interactive: false, keyboard: false }).addTo(group);
  }

  function fill(group, layer, title) {
    if (layer.image) L.imageOverlay(layer.image, layer.bounds, { opacity: layer.opacity, interactive: false, zIndex: 3 }).addTo(group);
    const looks = layer.classes.map((_, number) => look(layer, number));
    layer.shapes.forEach((steps, index) => {
      const options = looks[layer.member[index]];
      shapes(layer, steps, options).forEach((shape) => {
        shape.addTo(group);
        if (options.interactive) shape.on("click", (event) => {
          L.DomEvent.stopPropagation(event);
          L.popup({ minWidth: 190, maxWidth: 320, maxHeight: 320 }).setLatLng(event.latlng).setContent(popup(layer, index, title)).openOn(map);
        });
      });
    });
    layer.names.forEach(([text, place]) => writeName(group, text, place, layer.geometry === "point"));
  }

  // Layers are stacked in their order whatever is switched on last; the county's border lies on all of them.
  function restack() {
    groups.forEach((group) => { if (map.hasLayer(group)) group.eachLayer((shape) => shape.bringToFront && shape.bringToFront()); });
    border.forEach((line) => line.bringToFront());
  }

  // Of names that would overlap at this zoom, the later ones are hidden; those of points wait for a closer view.
  function thinNames() {
    const kept = [];
    const close = map.getZoom() >= map.getMinZoom() + 3;
    const names = [...document.querySelectorAll(".place:not(.spot) span"), ...document.querySelectorAll(".place.spot span")];
    names.forEach((name) => {
      name.style.visibility = "";
      const box = name.getBoundingClientRect();
      const clash = (!close && name.parentNode.classList.contains("spot")) || kept.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
      if (clash) name.style.visibility = "hidden"; else kept.push(box);
    });
  }

  // Roads and rivers of the context, and lines by the hundred, are fine lines over the whole county and gain their width closer up.
  function thinLines(sheet) {
    const share = Math.min(1, Math.max(0.6, 0.6 + 0.15 * (map.getZoom() - map.getMinZoom() - 1)));
    sheet.layers.forEach((layer, number) => {
      const many = layer.shapes.length > 300;
      if (layer.geometry === "line" && (many || !layer.columns.length)) groups[number].setStyle({ weight: layer.width * share });
    });
  }

  function serve(sheet) {
    document.querySelectorAll("input[data-layer]").forEach((box) => {
      const group = groups[box.dataset.layer];
      const apply = () => { if (box.checked) group.addTo(map); else group.remove(); restack(); thinNames(); };
      box.addEventListener("change", apply);
      if (!box.checked) group.remove();
    });
    const finder = document.getElementById("finder");
    if (finder) finder.addEventListener("change", () => {
      map.fitBounds({ "": sheet.bounds, focus: sheet.focus }[finder.value] || sheet.places[finder.value]);
    });
  }

  function mask(sheet) {
    const world = [[-89, -179], [-89, 179], [89, 179], [89, -179]];
    const holes = sheet.county.flat().flatMap((part) => [positions(part[0])]);
    const options = { interactive: false };
    L.polygon([world, ...holes], { ...options, stroke: false, fillColor: "#eef1f0", fillOpacity: 0.88 }).addTo(map);
    holes.forEach((ring) => {
      L.polygon(ring, { ...options, color: "#b9a7c9", weight: 7, opacity: 0.35, fill: false }).addTo(map);
      border.push(L.polygon(ring, { ...options, color: "#4d4458", weight: 1.8, dashArray: "9 3 2 3", fill: false }).addTo(map));
    });
  }

  // The whole county, and the sheet's subject on a finer grid.
  function backdrop(sheet) {
    const pictures = sheet.backdrops.map((picture, number) => L.imageOverlay(picture.image, picture.bounds, { interactive: false, zIndex: number + 1 }).addTo(map));
    const box = document.getElementById("backdrop");
    if (box) box.addEventListener("change", () => pictures.forEach((picture) => picture.setOpacity(box.checked ? 1 : 0)));
  }

  // Leaflet's own controls, in the page's language.
  function controls() {
    map.attributionControl.setPrefix(false);
    L.control.zoom({ zoomInTitle: words.closer, zoomOutTitle: words.farther }).addTo(map);
    const Scale = L.Control.Scale.extend({
      _updateMetric(most) {
        const metres = this._getRoundNum(most);
        const text = metres < 1000 ? metres + " " + words.metres : metres / 1000 + " " + words.kilometres;
        this._updateScale(this._mScale, text, metres / most);
      },
    });
    new Scale({ imperial: false }).addTo(map);
    map.on("popupopen", (event) => event.popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", words.close));
  }

  unpack(document.getElementById("payload").textContent).then((sheet) => {
    controls();
    map.fitBounds(sheet.bounds);
    map.setMinZoom(map.getZoom() - 1);
    if (sheet.focus) map.fitBounds(sheet.focus, { animate: false });
    backdrop(sheet);
    mask(sheet);
    sheet.layers.forEach((layer, number) => fill(groups[number], layer, words.titles[number]));
    serve(sheet);
    restack();
    thinNames();
    thinLines(sheet);
    map.on("zoomend", () => { thinNames(); thinLines(sheet); });
    document.documentElement.dataset.drawn = sheet.layers.reduce((sum, layer) => sum + layer.shapes.length, 0);
  }).catch((error) => {
    const trouble = document.getElementById("trouble");
    trouble.textContent = words.trouble + " " + error.message;
    trouble.hidden = false;
    document.documentElement.dataset.failed = "yes";
  });
}
