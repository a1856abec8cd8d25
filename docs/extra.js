// What the theme leaves without a name.
document.querySelectorAll("[data-md-component=search][role=dialog]").forEach((one) =>
  one.setAttribute("aria-label", "Search"));
// What scrolls sideways is reached with the keys, too; the theme makes such boxes late and takes it back.
const reach = () => document.querySelectorAll("pre > code, .md-typeset__scrollwrap").forEach((one) => {
  if (one.tabIndex < 0) one.tabIndex = 0;
});
new MutationObserver(reach).observe(document.body, {childList: true, subtree: true, attributeFilter: ["tabindex"]});
reach();
