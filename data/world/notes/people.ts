/**
 * People of the past, and people by what they do: who they are and what they are known for.
 */
export const people: Readonly<Record<string, readonly string[]>> = {
  毕昇: ['毕昇是中国古代的发明家。', '毕昇发明了活字印刷术。'],
  医生: ['医生是给人看病的人。'],
  老师: ['老师是教学生的人。'],
  农民: ['农民是种地的人。'],
  工人: ['工人是在工厂里做东西的人。'],
  厨师: ['厨师是做饭做菜的人。'],
  警察: ['警察是保护大家的人。'],
  科学家: ['科学家是研究科学的人。'],
  消防员: ['消防员是救火的人。'],
  宇航员: ['宇航员是飞到太空去的人。'],
  渔民: ['渔民是捕鱼的人。'],
};
