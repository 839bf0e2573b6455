// The check of a certificate in the page.
(() => {
  const find = (id) => document.getElementById(id);
  const bytesOf = (text) => {
    const packed = text.replace(/\s/g, "");
    if (packed === "") return undefined;
    if (/^(?:[0-9a-fA-F]{2})+$/.test(packed))
      return Uint8Array.from(packed.match(/../g), (pair) => parseInt(pair, 16));
    return Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  };
  const base64Of = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

  function show(text, message, given) {
    const place = find("verdict");
    place.replaceChildren();
    const add = (tag, words, parent = place) => {
      const element = document.createElement(tag);
      element.textContent = words;
      parent.append(element);
      return element;
    };
    let files;
    try {
      files = { message: bytesOf(message), given: bytesOf(given) };
    } catch {
      add("p", "The message is neither base64 nor hexadecimal.");
      return;
    }
    const start = performance.now();
    const { status, findings, certificate } = netrazor.checkRun(text, files);
    const milliseconds = performance.now() - start;
    add("p", status).className = `status ${findings.length ? "bad" : "good"}`;
    if (findings.length) {
      const list = add("ul", "");
      for (const { code, text: sentence } of findings) add("li", `${code}: ${sentence}`, list);
    } else {
      for (const claim of certificate.get("claims")) add("p", claim.get("sentence"));
    }
    const time = add("p", `Decoded and checked in ${milliseconds.toFixed(0)} ms.`);
    time.className = "note";
    time.dataset.milliseconds = milliseconds;
  }

  const embedded = find("record");
  const record = embedded ? JSON.parse(embedded.textContent) : null;
  find("check-this")?.addEventListener("click", () =>
    show(record.certificate, record.message ?? "", record.given ?? ""),
  );

  const form = find("checker");
  if (form === null) return;
  const fields = { certificate: find("certificate-text"), message: find("message-text"), given: find("given-text") };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show(fields.certificate.value, fields.message.value, fields.given.value);
  });
  find("fill")?.addEventListener("click", () => {
    for (const [name, field] of Object.entries(fields)) field.value = record[name] ?? "";
  });
  find("files").addEventListener("change", async (event) => {
    for (const file of event.target.files) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      if (file.name.endsWith(".json")) fields.certificate.value = new TextDecoder().decode(bytes);
      else fields[file.name === "prior.nrz" ? "given" : "message"].value = base64Of(bytes);
    }
  });
})();
