// What the theme leaves without a name.
document.querySelectorAll("[data-md-component=search][role=dialog]").forEach((one) =>
  one.setAttribute("aria-label", "Search"));
