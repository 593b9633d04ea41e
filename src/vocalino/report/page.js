// Players of a report page. One sound at a time; nothing is fetched; without this script the
// page shows the browser's own players.
"use strict";

(() => {
  const said = document.getElementById("said");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const match = document.querySelector("[data-match]");
  const all = new Map(); // id -> player
  let current = null; // the player that plays, or did last
  let reel = null; // what is left to play in a row

  const clock = (seconds) => seconds.toFixed(1);

  class Player {
    constructor(root) {
      this.root = root;
      this.audio = root.querySelector("audio");
      this.button = root.querySelector(".play");
      this.wave = root.querySelector(".wave");
      this.clip = root.querySelector("clipPath rect");
      this.head = root.querySelector(".head");
      this.now = root.querySelector("[data-now]");
      this.width = root.querySelector("svg[role=img]").viewBox.baseVal.width;
      this.duration = Number(root.dataset.duration);
      this.gain = Number(root.dataset.gain);
      this.name = this.button.getAttribute("aria-label").replace(/^Play /, "");
      this.take = root.closest("[data-take]");
      this.dress();
      this.listen();
    }

    // The browser's controls go, ours come: the waveform becomes a slider.
    dress() {
      this.audio.controls = false;
      this.audio.removeAttribute("aria-label");
      this.button.hidden = false;
      this.wave.tabIndex = 0;
      this.wave.setAttribute("role", "slider");
      this.wave.setAttribute("aria-label", this.wave.dataset.label);
      this.wave.setAttribute("aria-valuemin", "0");
      this.wave.setAttribute("aria-valuemax", this.duration.toFixed(1));
      this.wave.firstElementChild.setAttribute("aria-hidden", "true");
      this.draw();
    }

    listen() {
      this.button.addEventListener("click", () => {
        reel = null;
        this.toggle();
      });
      this.audio.addEventListener("play", () => this.started());
      this.audio.addEventListener("pause", () => this.stopped());
      this.audio.addEventListener("timeupdate", () => this.draw());
      this.audio.addEventListener("ended", () => {
        this.audio.currentTime = 0;
        this.draw();
        playNextOfReel();
      });
      this.audio.addEventListener("error", () => {
        this.root.classList.add("broken");
        said.textContent = `This browser can't play ${this.name}.`;
      });
      let held = false;
      const point = (event) => {
        const box = this.wave.getBoundingClientRect();
        this.seek(((event.clientX - box.left) / box.width) * this.duration);
      };
      this.wave.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        held = true;
        this.wave.setPointerCapture(event.pointerId);
        point(event);
      });
      this.wave.addEventListener("pointermove", (event) => held && point(event));
      this.wave.addEventListener("pointerup", () => (held = false));
      this.wave.addEventListener("pointercancel", () => (held = false));
      this.wave.addEventListener("dblclick", () => this.play());
    }

    get playing() {
      return !this.audio.paused;
    }

    get share() {
      return Math.min(1, this.audio.currentTime / this.duration) || 0;
    }

    toggle() {
      if (this.playing) this.audio.pause();
      else this.play();
    }

    play() {
      for (const other of all.values()) if (other !== this && other.playing) other.audio.pause();
      this.audio.volume = match === null || match.checked ? this.gain : 1;
      this.audio.play().catch(() => {}); // refused or replaced: the events have said so
    }

    seek(seconds) {
      this.audio.currentTime = Math.max(0, Math.min(this.duration, seconds));
      this.draw();
    }

    started() {
      current = this;
      this.root.classList.add("playing");
      this.button.setAttribute("aria-pressed", "true");
      this.button.setAttribute("aria-label", `Pause ${this.name}`);
      if (!calm.matches) this.animate();
      showSwaps();
    }

    stopped() {
      this.root.classList.remove("playing");
      this.button.setAttribute("aria-pressed", "false");
      this.button.setAttribute("aria-label", `Play ${this.name}`);
      this.draw();
      showSwaps();
    }

    animate() {
      if (!this.playing) return;
      this.draw();
      requestAnimationFrame(() => this.animate());
    }

    draw() {
      const seconds = Math.min(this.audio.currentTime, this.duration);
      const x = String(this.share * this.width);
      this.clip.setAttribute("width", x);
      this.head.setAttribute("x1", x);
      this.head.setAttribute("x2", x);
      this.now.textContent = clock(seconds);
      this.root.classList.toggle("begun", seconds > 0);
      this.wave.setAttribute("aria-valuenow", clock(seconds));
      this.wave.setAttribute("aria-valuetext", `${clock(seconds)} of ${clock(this.duration)} seconds`);
    }
  }

  // A/B: the other take goes on where this one is, at the same share of its length.
  const swaps = [...document.querySelectorAll("[data-swap]")];

  const pairOf = (button) => button.dataset.swap.split(" ").map((id) => all.get(id));

  function swap(button) {
    reel = null;
    const [mine, rival] = pairOf(button);
    const from = rival.playing ? rival : mine;
    const to = from === mine && mine.playing ? rival : mine;
    if (to !== from) to.seek(from.share * to.duration);
    to.play();
  }

  function showSwaps() {
    for (const button of swaps) {
      const [, rival] = pairOf(button);
      const [mine, theirs] = button.dataset.names.split("|");
      button.setAttribute("aria-pressed", String(rival.playing));
      button.textContent = rival.playing ? `A/B back to ${mine}` : `A/B with ${theirs}`;
    }
  }

  function playNextOfReel() {
    if (reel === null) return;
    const next = reel.shift();
    if (next === undefined) reel = null;
    else {
      next.audio.currentTime = 0;
      next.take.scrollIntoView({ block: "center", behavior: calm.matches ? "auto" : "smooth" });
      next.play();
    }
  }

  async function copy(button) {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code); // no clipboard here: selected, ready for Ctrl-C
      said.textContent = "Selected: press Ctrl-C to copy.";
      return;
    }
    said.textContent = "Copied.";
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  }

  // Keys: for the take that holds the focus; a bare page means the sound that played last.
  function mainOf(target) {
    const root = target.closest("[data-player]") ?? target.closest("[data-take]")?.querySelector("[data-player]");
    return root ? all.get(root.id) : current;
  }

  function moveFocus(take, step) {
    const takes = [...document.querySelectorAll("[data-take]")];
    const next = takes[takes.indexOf(take) + step];
    if (!next) return;
    next.querySelector(".play").focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof Element ? event.target : document.body;
    const take = target.closest("[data-take]");
    const player = mainOf(target);
    const pressed = target.closest("button, summary, a, input, code");
    if (event.key === " " && !pressed && player) {
      reel = null;
      player.toggle();
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && take) {
      moveFocus(take, event.key === "ArrowUp" ? -1 : 1);
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && take && !target.closest("code")) {
      player.seek(player.audio.currentTime + (event.key === "ArrowLeft" ? -0.5 : 0.5));
    } else if ((event.key === "Home" || event.key === "End") && target.closest(".wave")) {
      player.seek(event.key === "Home" ? 0 : player.duration);
    } else if (event.key.toLowerCase() === "x" && player) {
      const button = (take ?? player.take).querySelector("[data-swap]");
      if (button) swap(button);
    } else return;
    event.preventDefault();
  }

  for (const root of document.querySelectorAll("[data-player]")) all.set(root.id, new Player(root));
  for (const element of document.querySelectorAll(".desk, [data-swap], [data-copy], [data-reel]")) element.hidden = false;
  for (const button of swaps) button.addEventListener("click", () => swap(button));
  for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button));
  for (const link of document.querySelectorAll("[data-download]")) {
    const player = all.get(link.closest("[data-take]").querySelector("[data-player]").id);
    link.href = player.audio.src;
    link.download = `${player.name.replace(/[^\p{L}\p{N}]+/gu, "-")}.mp3`;
    link.hidden = false;
  }
  match?.addEventListener("change", () => {
    for (const player of all.values()) player.audio.volume = match.checked ? player.gain : 1;
  });
  document.querySelector("[data-reel]")?.addEventListener("click", () => {
    reel = [...document.querySelectorAll(".take.best [data-player]")]
      .filter((root) => !root.closest("details"))
      .map((root) => all.get(root.id));
    playNextOfReel();
  });
  document.addEventListener("keydown", onKey);
  document.documentElement.classList.add("js");
})();
