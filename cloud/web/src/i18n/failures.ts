/** What went wrong, in the reader's language. The API says it in English only (RFC 9457): in Chinese the kind of the
 * problem stands first, by its status, and the server's own words beside it, which alone tell the particulars. */
import { translator, type Language } from ".";
import type { Failure } from "../store";

const CHINESE: Readonly<Record<number, string>> = {
  400: "请求无法识别",
  401: "登录已过期",
  403: "此账号无权执行该操作",
  404: "未找到所请求的内容",
  409: "内容已存在",
  413: "请求内容过大",
  422: "请求内容有误",
  429: "请求过于频繁，请稍候",
  500: "服务器内部出错",
  502: "无法连接后端服务",
  503: "服务暂时不可用",
  504: "服务响应超时",
};

export function failureWords({ status, detail }: Failure, language: Language): string {
  if (status === 0) return translator(language)("error.unreachable");
  const kind = language === "zh" ? CHINESE[status] : undefined;
  return kind ? `${kind}（${detail}）` : detail;
}
