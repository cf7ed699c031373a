// Say in words what allauth's script would only write to the console: no passkey came from the device.
document.addEventListener("allauth.error", (event) => {
  if (!event.detail.tags.includes("webauthn")) return;
  event.preventDefault();
  const toasts = document.getElementById("toasts");
  const words = document.getElementById("passkey-trouble");
  if (toasts && words) toasts.replaceChildren(words.content.cloneNode(true));
});
