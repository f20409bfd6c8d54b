/** Administration: what a manager sets, in one place, without editing files. */
import "../styles/admin.css";
import type { CreatePage } from "../pages";
import { adminPage } from "../ui/admin/page";
import { createAdminActions } from "./actions";

export const createPage: CreatePage = (tools) => {
  const admin = createAdminActions(tools);
  let shown = false;

  tools.store.subscribe((state, before) => {
    const { picked } = state.desk;
    if (shown && picked && picked !== before.desk.picked) admin.placeChosen(picked);
  });
  window.addEventListener("beforeunload", (event) => {
    if (shown && admin.state.dirty) event.preventDefault();
  });

  return {
    follow() {
      shown = true;
      admin.follow();
    },
    leave() {
      shown = false;
      admin.patch({ link: null, issued: null, code: null }); // secrets are shown once
    },
    areaDrawn: admin.areaDrawn,
    template: (view) => adminPage({ ...view, admin }),
  };
};
