/** Everything that opens above the page looks alike. */
export const popupClass =
  'z-50 rounded-lg border border-line bg-raised text-text shadow-popup outline-none transition-[opacity,scale] duration-100 data-ending-style:scale-98 data-ending-style:opacity-0 data-starting-style:scale-98 data-starting-style:opacity-0 origin-(--transform-origin)'
