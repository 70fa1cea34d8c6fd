// What ipywidgets leaves out of an explorer: names for sliders and the picture, a
// place that screen readers read aloud, keys that stay its own, and files that the
// browser saves.

function nameAll(home, names) {
  for (const [place, name] of Object.entries(names.sliders)) {
    for (const handle of home.querySelectorAll(`.${place} .noUi-handle`)) {
      handle.setAttribute("aria-label", name);
    }
  }
  for (const picture of home.querySelectorAll(".hipext-picture")) {
    const image = picture.matches("img") ? picture : picture.querySelector("img");
    image?.setAttribute("alt", names.picture);
  }
  for (const words of home.querySelectorAll(".hipext-words")) {
    words.setAttribute("role", "status");
    words.setAttribute("aria-live", "polite");
    words.setAttribute("aria-atomic", "true");
  }
  // JupyterLab takes arrow keys from what has the focus, unless it is told not to.
  for (const control of home.querySelectorAll("select, button, .noUi-handle")) {
    control.dataset.lmSuppressShortcuts = "true";
  }
  home.setAttribute("role", "group");
  home.setAttribute("aria-label", names.explorer);
}

function save({ name, type }, bytes) {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

// Once for an explorer, however often it is shown: a file is saved once.
function initialize({ model }) {
  model.on("msg:custom", (file, buffers) => save(file, buffers[0]));
}

function render({ model, el }) {
  el.style.display = "none";
  let watcher;
  const begin = () => {
    const home = el.closest(".hipext-explorer");
    if (!home) {
      frame = requestAnimationFrame(begin);
      return;
    }
    const name = () => nameAll(home, model.get("names"));
    watcher = new MutationObserver(name);
    watcher.observe(home, { childList: true, subtree: true });
    name();
  };
  let frame = requestAnimationFrame(begin);
  return () => {
    cancelAnimationFrame(frame);
    watcher?.disconnect();
  };
}

export default { initialize, render };
