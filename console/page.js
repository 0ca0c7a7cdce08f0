// Follows what is done, and shows a draft as soon as it is there.
"use strict";
(() => {
  const work = document.getElementById("work");
  const progress = document.getElementById("progress");
  const button = document.querySelector("form button");
  let waiting = false;

  async function follow() {
    let pause = 5000;
    try {
      const answer = await fetch("/state", { cache: "no-store" });
      const { work: now, draft } = await answer.json();
      work.textContent = now.what ? "正在进行：" + now.what + (now.step ? "（" + now.step + "）" : "") : "";
      if (progress && draft.asked && !draft.ended) {
        const seconds = Math.round((Date.now() - Date.parse(draft.asked)) / 1000);
        progress.textContent = "正在生成 " + draft.period + " 初稿，已用 " + seconds + " 秒";
        button.disabled = true;
        waiting = true;
        pause = 700;
      } else if (waiting) {
        location.reload();
        return;
      } else if (progress && draft.problem) {
        progress.textContent = draft.period + " 初稿未能生成：" + draft.problem;
      }
    } catch {
      work.textContent = "与服务的连接已断开，正在重试";
    }
    setTimeout(follow, pause);
  }
  follow();
})();
