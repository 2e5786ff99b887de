/** Reviews to begin with: clear ones, a mixed one and one with a turn. */
export const examples: readonly string[] = [
  '房间很干净，服务也好。',
  '等了一个小时才办好入住，房间里全是烟味。',
  '位置不错，就是隔音太差，一晚没睡好。',
  '本来以为会失望，结果屏幕和键盘都超出预期。',
  '这本书开头拖沓，读到后面却舍不得放下。',
];
