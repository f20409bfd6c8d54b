/** The few words that the service worker says by itself; the notification's own text comes from the cloud. */
export const PUSH_WORDS = {
  en: {
    acknowledge: "Acknowledge", open: "Open",
    acknowledged: "Acknowledged. Tap to open.",
    waiting: "Acknowledged here; no link yet. It is sent as soon as there is one.",
    sign_in: "Not acknowledged: sign in first. Tap to open.",
    refused: "Not accepted: somebody else has already changed this incident. Tap to open.",
  },
  zh: {
    acknowledge: "确认收到", open: "打开",
    acknowledged: "已确认。点按打开。",
    waiting: "已在本机确认，目前没有信号，恢复后立即发送。",
    sign_in: "未能确认：请先登录。点按打开。",
    refused: "未被接受：该火情已由他人更改。点按打开。",
  },
} as const;
