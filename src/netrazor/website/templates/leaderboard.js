// Sorting by a column's heading, and showing some kinds only. Without scripts the page has all rows, by bound.
(() => {
  const rowsOf = (table) => [...table.tBodies[0].rows];
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
    return cell.textContent.trim();
  };
  const compare = (a, b) => {
    if (a === "" || b === "") return (a === "") - (b === ""); // what is not known stays last
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  };

  function sort(table, column, heading) {
    const descending = heading.getAttribute("aria-sort") === "ascending";
    for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const sorted = rowsOf(table).sort((one, other) => {
      const [a, b] = [valueOf(one, column), valueOf(other, column)];
      return descending && a !== "" && b !== "" ? compare(b, a) : compare(a, b);
    });
    table.tBodies[0].append(...sorted);
  }

  for (const button of document.querySelectorAll("[data-column]")) {
    button.addEventListener("click", () =>
      sort(button.closest("table"), Number(button.dataset.column), button.parentElement),
    );
  }

  const filter = document.getElementById("filter");
  filter.addEventListener("change", () => {
    const kinds = new Set([...filter.querySelectorAll("[name=kind]:checked")].map((box) => box.value));
    const published = filter.elements.published.checked;
    const rows = [...document.querySelectorAll("table.board tbody tr")];
    for (const row of rows)
      row.hidden = !kinds.has(row.dataset.kind) || (!published && row.dataset.published === "true");
    document.getElementById("shown").textContent =
      `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
  });
})();
