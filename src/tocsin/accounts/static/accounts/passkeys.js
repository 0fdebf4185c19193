/* Passkeys: a form marked data-passkey asks the device, puts its answer into the field `credential`, and is sent.

   data-passkey="create" makes a passkey, "get" uses one. The options come from the JSON in the element named by
   data-options, or from the address in data-options-url. What went wrong is shown in [data-passkey-problem]. */
(() => {
  "use strict";

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0)).buffer;
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const asked = (options) => {
    const key = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
    if (key.user) key.user = { ...key.user, id: bytes(key.user.id) };
    for (const list of ["excludeCredentials", "allowCredentials"]) {
      if (key[list]) key[list] = key[list].map((entry) => ({ ...entry, id: bytes(entry.id) }));
    }
    return { publicKey: key };
  };

  const answered = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      clientExtensionResults: credential.getClientExtensionResults(),
      response,
    });
  };

  const options = async (form) => {
    if (form.dataset.options) return JSON.parse(document.getElementById(form.dataset.options).textContent);
    const reply = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } });
    if (!reply.ok) throw new Error(`the server answered ${reply.status}`);
    return (await reply.json()).request_options;
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const problem = form.querySelector("[data-passkey-problem]");
    if (!window.PublicKeyCredential) {
      const missing = form.querySelector("[data-passkey-missing]");
      if (missing) missing.hidden = false;
      continue;
    }
    form.querySelector("button").hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.hidden = true;
      try {
        const given = asked(await options(form));
        const credential =
          form.dataset.passkey === "create"
            ? await navigator.credentials.create(given)
            : await navigator.credentials.get(given);
        form.elements.credential.value = answered(credential);
        form.submit();
      } catch (error) {
        problem.hidden = false;
        problem.dataset.error = error.name;
      }
    });
  }
})();
