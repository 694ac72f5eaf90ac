// The demo page around the widget: examples to ask, and who asks, signed by the service as a site's backend would.
await customElements.whenDefined("firstline-widget");

const plan = document.getElementById("plan");
const identify = () => Firstline.identify(JSON.parse(plan.selectedOptions[0].dataset.identity));
plan.addEventListener("change", identify);
document.querySelectorAll("[data-ask]").forEach((chip) => chip.addEventListener("click", () => Firstline.ask(chip.dataset.ask)));
await identify();
