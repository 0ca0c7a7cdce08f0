// Says that a decision is being written: it waits for its turn.
"use strict";
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  document.getElementById("work").textContent = "正在写入；如有任务正在进行，将等其结束";
  // A button that is off when the form is sent would not be sent with it.
  setTimeout(() => document.querySelectorAll("button").forEach((b) => { b.disabled = true; }));
});
