/** The font's style sheet, made by the build (vite.config.ts). */
declare module 'virtual:pretendard.css' {}
