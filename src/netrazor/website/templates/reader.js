// The drawing area, the network's answer, and the message with a byte flipped.
(() => {
  const find = (id) => document.getElementById(id);
  const SIDE = 280;
  const STEP = 10; // of the keyboard's pen
  const message = Uint8Array.from(atob(JSON.parse(find("record").textContent).message), (letter) =>
    letter.charCodeAt(0),
  );
  const start = performance.now();
  const network = netrazor.integerChain(netrazor.readMessage(message));
  const decoding = performance.now() - start;
  for (let run = 0; run < 3; run++) network(new Uint8Array(784)); // so that the first digit meets compiled loops

  const pad = find("pad");
  const ink = document.createElement("canvas");
  ink.width = ink.height = SIDE;
  const pen = ink.getContext("2d", { willReadFrequently: true });
  const keyboard = { x: SIDE / 2, y: SIDE / 2, isDown: false, isShown: false };

  function clear() {
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, SIDE, SIDE);
    Object.assign(pen, { strokeStyle: "#fff", lineWidth: 24, lineCap: "round", lineJoin: "round" });
    find("answer").textContent = "Draw a digit";
    for (const row of find("scores").children) {
      row.querySelector(".bar span").style.width = "0";
      row.querySelector(".score").textContent = "";
      row.classList.remove("best");
    }
    find("timing").textContent = `The message was decoded in ${decoding.toFixed(0)} ms.`;
    paint();
  }

  function paint() {
    const screen = pad.getContext("2d");
    screen.drawImage(ink, 0, 0);
    if (!keyboard.isShown) return;
    screen.strokeStyle = keyboard.isDown ? "#6fd39a" : "#ffa860";
    screen.lineWidth = 3;
    screen.beginPath();
    screen.arc(keyboard.x, keyboard.y, 12, 0, 2 * Math.PI);
    screen.stroke();
  }

  function draw(from, to) {
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y);
    pen.stroke();
    paint();
  }

  function answer() {
    const pixels = pen.getImageData(0, 0, SIDE, SIDE).data.filter((_, at) => at % 4 === 0);
    const began = performance.now();
    const image = netrazor.digitOf(pixels, SIDE);
    if (image === null) return;
    const scores = network(image);
    const milliseconds = performance.now() - began;
    const best = netrazor.answerOf(scores);
    find("answer").textContent = best === null ? "Two digits tie: no answer" : String(best);
    const [least, most] = [Math.min(...scores), Math.max(...scores)];
    [...find("scores").children].forEach((row, digit) => {
      row.querySelector(".bar span").style.width = `${(100 * (scores[digit] - least)) / Math.max(most - least, 1)}%`;
      row.querySelector(".score").textContent = scores[digit].toLocaleString("en");
      row.classList.toggle("best", digit === best);
    });
    find("timing").textContent = `Read in ${milliseconds.toFixed(1)} ms.`;
    find("timing").dataset.milliseconds = milliseconds;
  }

  let last = null;
  const place = (event) => {
    const box = pad.getBoundingClientRect();
    return { x: ((event.clientX - box.left) * SIDE) / box.width, y: ((event.clientY - box.top) * SIDE) / box.height };
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    keyboard.isShown = false;
    last = place(event);
    draw(last, last);
    event.preventDefault();
  });
  pad.addEventListener("pointermove", (event) => {
    if (last === null) return;
    const now = place(event);
    draw(last, now);
    last = now;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    pad.addEventListener(end, () => {
      if (last !== null) answer();
      last = null;
    });
  }

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  pad.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (event.key === "Delete" || event.key === "Backspace") clear();
    else if (event.key === " ") keyboard.isDown = !keyboard.isDown;
    else if (!move) return;
    event.preventDefault();
    keyboard.isShown = true;
    if (move) {
      const before = { x: keyboard.x, y: keyboard.y };
      keyboard.x = Math.max(12, Math.min(SIDE - 12, before.x + STEP * move[0]));
      keyboard.y = Math.max(12, Math.min(SIDE - 12, before.y + STEP * move[1]));
      if (keyboard.isDown) {
        draw(before, keyboard);
        answer();
      }
    }
    paint();
  });
  find("clear").addEventListener("click", clear);

  function showBytes(bytes, changed) {
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
    const before = hex.slice(0, changed).join(" ");
    const mark = document.createElement("mark");
    mark.textContent = hex[changed] ?? "";
    find("bytes").replaceChildren(
      `${before} `,
      ...(changed === undefined ? [] : [mark, ` ${hex.slice(changed + 1).join(" ")}`]),
    );
  }
  find("flip").addEventListener("click", () => {
    const at = Math.max(0, Math.min(message.length - 1, Math.trunc(Number(find("byte").value)) || 0));
    const altered = message.slice();
    altered[at] ^= 1;
    showBytes(altered, at);
    try {
      netrazor.readMessage(altered);
      find("flipped").textContent =
        `Byte ${at}: another message, which decodes to other arrays. Its digest is not the certificate's.`;
    } catch (error) {
      find("flipped").textContent = `Byte ${at}: ${error.name}: ${error.message}.`;
    }
  });
  find("restore").addEventListener("click", () => {
    showBytes(message);
    find("flipped").textContent = "The message of the record, as it was.";
  });
  showBytes(message);
  clear();
})();
